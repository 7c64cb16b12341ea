/*
 * Sendmail's own options, which callers set with -oX VALUE or -O NAME=VALUE: how the few
 * of its sixty are written that mean something here.
 */
#ifndef POSTOAK_SENDMAIL_SETTINGS_H
#define POSTOAK_SENDMAIL_SETTINGS_H

enum setting {
	SETTING_NONE, /* any other, which is taken and ignored */
	SETTING_ALIAS_FILE,
	SETTING_DELIVERY_MODE,
	SETTING_ERROR_MODE,
	SETTING_IGNORE_DOTS,
};

/* `text` is the option's letter with its value attached, as -o takes it: "dq", "i".
 * *value is the part of it that is the value. */
enum setting settings_by_letter(const char *text, const char **value);

/*
 * The same for "Name=Value" as -O takes it. As in Sendmail, case does not matter, and a
 * name may be cut short as long as it means one option.
 */
enum setting settings_by_name(const char *text, const char **value);

#endif
