/** A seccomp profile as the OCI runtime specification writes it (config-linux.md, "Seccomp"), with Docker's conditions. */

export type SeccompAction =
  | 'SCMP_ACT_KILL'
  | 'SCMP_ACT_KILL_THREAD'
  | 'SCMP_ACT_KILL_PROCESS'
  | 'SCMP_ACT_TRAP'
  | 'SCMP_ACT_ERRNO'
  | 'SCMP_ACT_TRACE'
  | 'SCMP_ACT_LOG'
  | 'SCMP_ACT_ALLOW'
  /** To a handler; see `notify`. */
  | 'SCMP_ACT_NOTIFY';

export type SeccompOperator =
  | 'SCMP_CMP_NE'
  | 'SCMP_CMP_LT'
  | 'SCMP_CMP_LE'
  | 'SCMP_CMP_EQ'
  | 'SCMP_CMP_GE'
  | 'SCMP_CMP_GT'
  | 'SCMP_CMP_MASKED_EQ';

/** A comparison of one of a call's six arguments, all 64 bits of it. */
export interface SeccompArgument {
  /** 0 to 5. */
  readonly index: number;
  /** With SCMP_CMP_MASKED_EQ the mask. */
  readonly value: number | bigint;
  /** With SCMP_CMP_MASKED_EQ what the masked argument is compared with. Default 0. */
  readonly valueTwo?: number | bigint | undefined;
  readonly op: SeccompOperator;
}

/** When a rule counts; all of what is given must hold. */
export interface SeccompCondition {
  /** Capabilities ('CAP_SYS_ADMIN') in the process's bounding set. */
  readonly caps?: readonly string[] | undefined;
  /** Architectures ('amd64', 'arm64', 'x86', 'arm'). */
  readonly arches?: readonly string[] | undefined;
  /** Linux version ('4.8'), for `includes`. */
  readonly minKernel?: string | undefined;
}

export interface SeccompRule {
  /** System calls; names that an architecture does not have count for nothing there. */
  readonly names: readonly string[];
  readonly action: SeccompAction;
  /** For SCMP_ACT_ERRNO and SCMP_ACT_TRACE. Default EPERM. */
  readonly errnoRet?: number | undefined;
  /** All must hold. Default none: always. */
  readonly args?: readonly SeccompArgument[] | undefined;
  readonly includes?: SeccompCondition | undefined;
  /** A rule does not count when any of this holds. */
  readonly excludes?: SeccompCondition | undefined;
}

export interface SeccompProfile {
  /** For system calls that no rule speaks of. */
  readonly defaultAction: SeccompAction;
  /** Default EPERM. */
  readonly defaultErrnoRet?: number | undefined;
  /** 'SCMP_ARCH_X86_64' and so on. Default: the machine's and its 32-bit one. Calls of others end the process. */
  readonly architectures?: readonly string[] | undefined;
  readonly flags?: readonly (
    | 'SECCOMP_FILTER_FLAG_LOG'
    | 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'
    | 'SECCOMP_FILTER_FLAG_TSYNC'
  )[];
  readonly syscalls?: readonly SeccompRule[] | undefined;
}

/** A system call that waits for its handler. */
export interface SystemCall {
  readonly name: string;
  /** Of the thread that makes it, in this program's pid namespace. */
  readonly pid: number;
  /** 'x86_64', 'x86', 'aarch64', 'arm'. */
  readonly architecture: string;
  /** All six, whether the call has them or not; pointers are addresses in the process. */
  readonly args: readonly bigint[];
  /**
   * `length` bytes of the process's memory, at most 1 MiB. What it says can change at once: another thread may write to it.
   * @throws {CofferdamError} ERR_CALL_GONE when the process was killed meanwhile; a system error for what is not mapped
   */
  readMemory(address: bigint, length: number): Buffer;
  /** The string that begins there, at most `most` bytes of it (default 4096). Throws as `readMemory()`. */
  readString(address: bigint, most?: number): string;
}

/**
 * What a call comes to: an error by name or number, a value, a copy of a descriptor of this program whose number is the
 * value, or the kernel's own answer. 'continue' is no protection: the process can change what its pointers point to after
 * the handler has read it (seccomp_unotify(2), BUGS).
 */
export type NotifyAnswer =
  | { readonly errno: string | number }
  | { readonly value: number | bigint }
  | { readonly descriptor: number; readonly closeOnExec?: boolean | undefined }
  | 'continue';

/** By names of system calls. A handler that throws, or takes too long, answers EPERM. */
export type NotifyHandlers = Readonly<Record<string, (call: SystemCall) => NotifyAnswer | Promise<NotifyAnswer>>>;

export interface NotifySettings {
  readonly handlers: NotifyHandlers;
  /** Milliseconds; 0 is for ever. */
  readonly timeout: number;
}

/** A profile as a process has it. */
export interface ProcessSeccomp extends SeccompProfile {
  readonly notify?: NotifySettings | undefined;
}
