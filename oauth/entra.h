/* Entra ID's error numbers (AADSTS...), and what they ask of a person. */
#ifndef POSTOAK_OAUTH_ENTRA_H
#define POSTOAK_OAUTH_ENTRA_H

/*
 * Advice, as diagnose.h has it, for the first number in `description` of which
 * something is known; null where there is none.
 */
const char *entra_advice(const char *description);

#endif
