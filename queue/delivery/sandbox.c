/* SPDX-License-Identifier: ISC */
#include "queue/delivery/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#endif

/* Numbers that are the same everywhere, for headers older than the kernel. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

/* struct landlock_ruleset_attr of the newest kernels; older ones take a part of it. */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

/* All rights that version `abi` of Landlock knows, and the octets it expects. */
static size_t
ruleset_of(long abi, struct ruleset *ruleset)
{
	unsigned file_rights = 13;

	if (abi >= 2)
		file_rights = 14; /* moving between directories */
	if (abi >= 3)
		file_rights = 15; /* truncating */
	if (abi >= 5)
		file_rights = 16; /* ioctl on devices */
	ruleset->files = (UINT64_C(1) << file_rights) - 1;
	ruleset->network = 3; /* bind, connect */
	ruleset->scoped = 3;  /* abstract sockets, signals */
	if (abi >= 6)
		return sizeof(*ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, network);
}

/* A ruleset without a rule: everything it handles is refused. 0, or -1 and errno. */
static int
enter_landlock(void)
{
	struct ruleset ruleset;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* tell the version */);
	long fd, result;

	if (abi < 0)
		return -1;
	fd = syscall(SYS_landlock_create_ruleset, &ruleset, ruleset_of(abi, &ruleset), 0);
	if (fd < 0)
		return -1;
	result = syscall(SYS_landlock_restrict_self, (int)fd, 0);
	close((int)fd);
	return result < 0 ? -1 : 0;
}

#ifdef FILTER_ARCH

/* Refused whatever the arguments. */
static const unsigned refused[] = {
    /* the network */
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    /* files and programs */
    SYS_openat,
    SYS_openat2,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_execve,
    SYS_execveat,
    SYS_unlinkat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_renameat,
    SYS_renameat2,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchmodat2,
    SYS_fchown,
    SYS_fchownat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_truncate,
    SYS_utimensat,
    SYS_chdir,
    SYS_fchdir,
    SYS_chroot,
    SYS_pivot_root,
    SYS_mount,
    SYS_umount2,
    SYS_memfd_create,
    SYS_memfd_secret,
    SYS_flock, /* the message file is others' too */
    /* other processes */
    SYS_clone3,
    SYS_clone,
    SYS_unshare,
    SYS_setns,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_kcmp,
    SYS_setpriority,
    SYS_ioprio_set,
    SYS_sched_setaffinity,
    SYS_sched_setattr,
    SYS_sched_setparam,
    SYS_sched_setscheduler,
    SYS_process_madvise,
    SYS_fcntl, /* F_SETOWN with F_SETSIG: any signal to any process of the user */
    SYS_migrate_pages,
    SYS_move_pages,
    /* typing on the terminal that standard error may be (TIOCSTI) */
    SYS_ioctl,
    /* the kernel; io_uring does all of the above behind a filter's back */
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_personality,
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_msgget,
    SYS_msgctl,
    SYS_semget,
    SYS_semctl,
    SYS_mq_open,
    SYS_mq_unlink,
    SYS_inotify_init1,
    SYS_fanotify_init,
    SYS_quotactl,
    SYS_reboot,
    SYS_swapon,
    SYS_acct,
#ifdef __x86_64__
    SYS_open,
    SYS_creat,
    SYS_fork,
    SYS_vfork,
    SYS_unlink,
    SYS_link,
    SYS_symlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_mknod,
    SYS_rename,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_inotify_init,
    SYS_ioperm,
    SYS_iopl,
    SYS_modify_ldt,
#endif
};

/* Refused but where the argument is this: what a process may do to itself alone, or has a
 * use for. */
struct exception {
	unsigned number;
	unsigned argument;
	uint32_t value;
};

#define EXCEPTIONS 3
#define FILTER_MAX (COUNT(refused) * 2 + EXCEPTIONS * 5 + 16)

/* Arguments are 64 bits wide; ids are in the lower half, as the kernel takes them. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOWER_HALF 0
#else
#define LOWER_HALF 4
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IF_NOT_SKIP(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short length;
};

static void
emit(struct filter *filter, struct sock_filter instruction)
{
	filter->code[filter->length++] = instruction;
}

static void
emit_exception(struct filter *filter, const struct exception *exception)
{
	uint32_t offset = (uint32_t)(offsetof(struct seccomp_data, args) +
				     exception->argument * sizeof(uint64_t) + LOWER_HALF);

	emit(filter, (struct sock_filter)IF_NOT_SKIP(exception->number, 4));
	emit(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
	emit(filter, (struct sock_filter)IF_NOT_SKIP(exception->value, 1));
	emit(filter, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	emit(filter, (struct sock_filter)REFUSE);
}

static void
build_filter(struct filter *filter)
{
	const struct exception exceptions[EXCEPTIONS] = {
	    {SYS_tgkill, 0, (uint32_t)getpid()}, /* abort(3) */
	    {SYS_prlimit64, 0, 0},               /* getrlimit(2) */
	    /* A socket that lingers when it is closed, handed to the runner, would stop it. */
	    {SYS_setsockopt, 2, TCP_QUICKACK},
	};

	filter->length = 0;
	/* Numbers mean something else in another calling convention. */
	emit(filter, (struct sock_filter)LOAD(arch));
	emit(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0));
	emit(filter, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
	emit(filter, (struct sock_filter)LOAD(nr));
#ifdef __x86_64__
	/* x32: the same calls once more, with this bit. */
	emit(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
	emit(filter, (struct sock_filter)REFUSE);
#endif
	for (size_t i = 0; i < COUNT(refused); i++) {
		emit(filter, (struct sock_filter)IF_NOT_SKIP(refused[i], 1));
		emit(filter, (struct sock_filter)REFUSE);
	}
	for (size_t i = 0; i < EXCEPTIONS; i++)
		emit_exception(filter, &exceptions[i]);
	emit(filter, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
}

static int
enter_seccomp(void)
{
	struct filter filter;
	struct sock_fprog program;

	build_filter(&filter);
	program = (struct sock_fprog){.len = filter.length, .filter = filter.code};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#else

static int
enter_seccomp(void)
{
	errno = ENOSYS;
	return -1;
}

#endif

int
sandbox_enter(enum sandbox_mode mode, struct error *error)
{
	if (mode == SANDBOX_OFF)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 && mode == SANDBOX_REQUIRED)
		return error_set_errno(error, EX_OSERR, "sandbox: cannot give up privileges");
	if (enter_landlock() < 0 && mode == SANDBOX_REQUIRED)
		return error_set_errno(error, EX_OSERR, "sandbox: the kernel lacks Landlock");
	if (enter_seccomp() < 0 && mode == SANDBOX_REQUIRED)
		return error_set_errno(
		    error, EX_OSERR, "sandbox: the kernel lacks seccomp filters");
	return 0;
}
