# make install, uninstall, install-users. None of it is needed to try Postoak: built
# programs run in place. Compiled-in paths follow prefix: give it to every call of make.

INSTALL ?= install

SUBMIT_GROUP := postoak-drop
SENDMAIL = $(sbindir)/sendmail
SENDMAIL_LINKS = $(libdir)/sendmail $(bindir)/mailq $(bindir)/newaliases
SAMPLE = $(sysconfdir)/postoak/postoak.yaml
MANUALS := $(sort $(wildcard $(ROOMS:%=%/*.[158])))
MANUAL_PLACES = $(foreach m,$(MANUALS),$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

# Only root can give the set-gid bit. Into a DESTDIR nothing is given away: a package says
# by its own means what belongs to whom.
CAN_GIVE = [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ] && getent group $(SUBMIT_GROUP) >/dev/null

install: all
	$(INSTALL) -d $(addprefix $(DESTDIR),$(sort $(sbindir) $(datadir)/postoak/providers \
	    $(patsubst %/,%,$(dir $(SAMPLE) $(SENDMAIL_LINKS) $(MANUAL_PLACES)))))
	$(INSTALL) -m 755 $(BUILD)/postoakd $(BUILD)/postoak $(DESTDIR)$(sbindir)
	if $(CAN_GIVE); then \
	    $(INSTALL) -o root -g $(SUBMIT_GROUP) -m 2755 $(BUILD)/sendmail $(SENDMAIL); \
	else \
	    $(INSTALL) -m 755 $(BUILD)/sendmail $(DESTDIR)$(SENDMAIL); \
	fi
	for link in $(SENDMAIL_LINKS); do ln -sf $(SENDMAIL) $(DESTDIR)$$link || exit; done
	$(INSTALL) -m 644 config/providers/*.yaml $(DESTDIR)$(datadir)/postoak/providers
	[ -e $(DESTDIR)$(SAMPLE) ] || $(INSTALL) -m 644 config/postoak.yaml $(DESTDIR)$(SAMPLE)
	for m in $(MANUALS); do \
	    $(INSTALL) -m 644 $$m $(DESTDIR)$(mandir)/man$${m##*.} || exit; \
	done
	@$(CAN_GIVE) || echo 'Only root can submit mail until $(SENDMAIL) is' \
	    'root:$(SUBMIT_GROUP), mode 2755: as root, "make install-users install".'

# Configuration, spool, state and users stay: there may be mail and secrets.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(sbindir)/postoakd $(sbindir)/postoak $(SENDMAIL) \
	    $(SENDMAIL_LINKS) $(MANUAL_PLACES))
	rm -rf $(DESTDIR)$(datadir)/postoak

# One user for each process that must not reach what the others hold: postoakd(8).
install-users:
	groupadd --system --force $(SUBMIT_GROUP)
	for user in postoak postoak-oauth postoak-smtp; do \
	    groupadd --system --force $$user && \
	    { getent passwd $$user >/dev/null || \
	    useradd --system --gid $$user --home-dir /nonexistent --no-create-home \
	        --shell "$$(command -v nologin || echo /bin/false)" $$user; } || exit; \
	done
	usermod --append --groups $(SUBMIT_GROUP) postoak

.PHONY: install uninstall install-users
