"""Confinement of a process by the Linux kernel, without root: namespaces, Landlock, seccomp, limits.

In this order: `isolate` once in the template, `fresh_folder` before each fork, `confine` in the child, from which there
is no way back.  SECURITY.md says what each layer is for.  Numbers and layouts are those of the kernel's own headers.
"""

import ctypes
import errno
import os
import platform
import resource
import stat
import struct

from . import Refusal

FULL, LANDLOCK, NONE = "full", "landlock", "none"  # the levels: with namespaces, without, and no sandbox at all

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


class Unavailable(OSError):
    """A protection that this machine does not have."""


def _check(result, what):
    if result < 0:
        raise Unavailable(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


# --- namespaces: a user, a process tree, a network and mounts of its own ----------------------------------------------

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2


def isolate():
    """Go on as process 1 of namespaces of our own, as the same user without rights outside; single-threaded only.

    The process that called stays outside and ends with the one inside.
    """
    user, group = os.getuid(), os.getgid()
    spaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID
    _check(libc.unshare(spaces), "namespaces")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    inside = os.fork()
    if inside:
        os.waitpid(inside, 0)
        os._exit(0)
    die_with_parent()
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")


def own_root(root, paths):
    """Make `root` a tree in memory that holds nothing but what lies below `paths`, for children to take as theirs.

    Landlock hides what is in a file, not that it is there: whoever is in this tree cannot even ask.
    """
    fresh_folder(root, 1 << 20, 10_000)
    for path in paths:
        if not os.path.exists(path):
            continue
        there = root + path
        os.makedirs(there if os.path.isdir(path) else os.path.dirname(there), exist_ok=True)
        if not os.path.isdir(path):
            open(there, "w").close()
        _check(libc.mount(os.fsencode(path), os.fsencode(there), None, MS_BIND | MS_REC, None), "own root")


def fresh_folder(folder, size, files):
    """An empty folder in memory at `folder`, of at most `size` bytes and `files` files, instead of the last one."""
    libc.umount2(os.fsencode(folder), MNT_DETACH)
    options = f"size={size},nr_inodes={files},mode=0700".encode()
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _check(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options), "folder in memory")


# --- Landlock: which files --------------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_IN_FOLDERS = _READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG
_READ, _WRITE = _READ_FILE | _READ_DIR, _WRITE_FILE | _TRUNCATE | _IN_FOLDERS
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights to files a version knows; from 5 on 16


def landlock_version():
    """The version of Landlock in this kernel, 0 where there is none."""
    return max(0, libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def held_open(paths):
    """Descriptors of what exists of `paths`, for rules made later and for no other use."""
    return [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths if os.path.exists(path)]


def _landlock(readable, writable):
    """From here on: only what lies below the descriptors, no TCP, no signal or abstract socket to anyone outside."""
    version = landlock_version()
    if not version:
        raise Unavailable(errno.ENOSYS, "Landlock: not in this kernel")
    rights = (1 << _RIGHTS.get(version, 16)) - 1
    handled = [rights, *[3] * (version >= 4), *[3] * (version >= 6)]
    attributes = struct.pack(f"{len(handled)}Q", *handled)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    _check(ruleset, "Landlock")
    for places, wanted in ((readable, _READ), (writable, _READ | _WRITE)):
        for place in places:
            here = wanted if stat.S_ISDIR(os.fstat(place).st_mode) else wanted & ~_IN_FOLDERS
            rule = struct.pack("=Qi", here & rights, place)
            _check(libc.syscall(_ADD_RULE, ruleset, 1, rule, ctypes.c_uint32(0)), "Landlock")
    _check(libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "Landlock")
    os.close(ruleset)


# --- seccomp: which system calls --------------------------------------------------------------------------------------

# What Python and NumPy need to compute, and nothing that makes a process or thread, reaches another one, the network,
# or memory shared with either.  Name, number on x86_64, number on aarch64 (0: not there).
_CALLS = """
read 0 63, write 1 64, close 3 57, fstat 5 80, lseek 8 62, mmap 9 222, mprotect 10 226, munmap 11 215, brk 12 214,
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, pread64 17 67, pwrite64 18 68, readv 19 65,
writev 20 66, access 21 0, pipe 22 0, select 23 0, sched_yield 24 124, mremap 25 216, madvise 28 233, dup 32 23,
dup2 33 0, nanosleep 35 101, getpid 39 172, exit 60 93, uname 63 160, flock 73 32, fsync 74 82, ftruncate 77 46,
getcwd 79 17, chdir 80 49, rename 82 0, mkdir 83 0, rmdir 84 0, unlink 87 0, readlink 89 0, gettimeofday 96 169,
getrlimit 97 163, getrusage 98 165, sysinfo 99 179, times 100 153, getuid 102 174, getgid 104 176, geteuid 107 175,
getegid 108 177, getppid 110 173, sigaltstack 131 132, stat 4 0, lstat 6 0, open 2 0, poll 7 0, ppoll 271 73,
pselect6 270 72, time 201 0, futex 202 98, sched_getaffinity 204 123, getdents64 217 61, restart_syscall 219 128,
clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, exit_group 231 94, openat 257 56, mkdirat 258 34,
newfstatat 262 79, unlinkat 263 35, renameat 264 38, renameat2 316 276, readlinkat 267 78, faccessat 269 48,
faccessat2 439 439, set_robust_list 273 99, pipe2 293 59, dup3 292 24, getrandom 318 278, statx 332 291, rseq 334 293,
gettid 186 178, getcpu 309 168, fadvise64 221 223
"""
# Calls that are harmless with some values of one argument: name, numbers, which argument, the values.
_SOME = [
    ("ioctl", 16, 29, 1, (0x5401, 0x5451)),  # is this a terminal, close on exec
    ("fcntl", 72, 25, 1, (0, 1, 2, 3, 4, 1030)),  # duplicate and flags; not whom to signal
    ("prlimit64", 302, 261, 2, (0,)),  # read a limit, never set one
]
_MACHINES = {"x86_64": (1, 0xC000003E), "aarch64": (2, 0xC00000B7)}  # column above, the kernel's name for it
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _EPERM, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000


def _filter():
    """The filter as the kernel's own small machine runs it: arrays of (code, jump if true, jump if false, value)."""
    column, architecture = _MACHINES.get(platform.machine(), (0, 0))
    if not column:
        raise Unavailable(errno.ENOSYS, f"seccomp: no filter is written for {platform.machine()}")
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the x32 way to the same calls
    for call in _CALLS.replace("\n", " ").split(","):
        number = int(call.split()[column])
        if number or column == 1:
            program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for _, *numbers, argument, values in _SOME:
        low, high = 16 + 8 * argument, 20 + 8 * argument
        tests = [(_LOAD, 0, 0, high), (_EQUAL, 0, 2 * len(values) + 1, 0), (_LOAD, 0, 0, low)]
        for value in values:
            tests += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
        program += [(_EQUAL, 0, len(tests) + 1, numbers[column - 1]), *tests, (_RETURN, 0, 0, _EPERM)]
    return [*program, (_RETURN, 0, 0, _EPERM)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _seccomp():
    instructions = b"".join(struct.pack("HBBI", *one) for one in _filter())
    buffer = ctypes.create_string_buffer(instructions)
    program = _Program(len(instructions) // 8, ctypes.addressof(buffer))
    _check(libc.prctl(22, 2, ctypes.byref(program), 0, 0), "seccomp")


# --- all of it --------------------------------------------------------------------------------------------------------


def die_with_parent():
    """Be killed when the process that started this one ends, however it ends."""
    parent = os.getppid()
    libc.prctl(1, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _no_rights():
    """Give up every capability, and with it, for good, what programs with more rights could give back."""
    _check(libc.prctl(38, 1, 0, 0, 0), "no new rights")
    header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _check(libc.capset(header, none), "capabilities")


def limit(which, most):
    """Set a limit of this process; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def confine(readable, writable, memory, seconds, size, files, root=None):
    """Confine this process for good; raises Unavailable where the machine cannot.

    root     of the files it may know of, from `own_root`
    readable, writable  descriptors from `held_open`
    memory   bytes of address space beyond what it has now
    seconds  of CPU, before the kernel kills it
    size     bytes of one file; files: how many may be open
    """
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    if root:
        os.chroot(root)
    limit(resource.RLIMIT_AS, used + memory)
    limit(resource.RLIMIT_CPU, seconds)
    limit(resource.RLIMIT_FSIZE, size)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_MEMLOCK, 0)
    _no_rights()
    _landlock(readable, writable)
    limit(resource.RLIMIT_NOFILE, files)
    _seccomp()


# --- what this machine has --------------------------------------------------------------------------------------------


def _survives(steps):
    """Whether a process of its own gets through `steps`; "" or the sentence that says why not."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            steps()
            os._exit(0)
        except BaseException as problem:
            os.write(write, str(problem).encode()[:400])
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        why = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return why or ("" if status == 0 else "it ended without a word")


def missing():
    """What this machine lacks: protection -> why, tried for real in a process of its own."""
    tried = {
        "Landlock": lambda: (_no_rights(), _landlock([], [])),
        "seccomp": lambda: (_no_rights(), _seccomp()),
        "namespaces": isolate,
    }
    found = {name: _survives(steps) for name, steps in tried.items()}
    return {name: why for name, why in found.items() if why}


def wanted(level=None, trust=False):
    """The level to grade at: the best there is, or the one asked for; Refusal where that cannot be had."""
    lacking = missing()
    best = NONE if {"Landlock", "seccomp"} & set(lacking) else LANDLOCK if lacking else FULL
    if level is None:
        level = best
    order = [NONE, LANDLOCK, FULL]
    if order.index(level) > order.index(best) or (level == NONE and not trust):
        reasons = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise Refusal(
            f"This machine cannot confine hand-ins ({reasons or 'no sandbox was asked for'}). Grade on Linux 5.13 or "
            "newer, or say --trust-students where you know every line of what was handed in."
        )
    return level
