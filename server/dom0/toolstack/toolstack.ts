import type { DomainName } from '../../../policy/names.js';
import type { GuestType } from '../../../policy/guest-type.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Why a domain has shut down: the fifth column of the state string. */
export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend' | 'crash';

/** The state string of a listing, read by its columns. */
export interface StateFlags {
  readonly paused: boolean;
  readonly shutdown: ShutdownReason | null;
  readonly dying: boolean;
}

/**
 * A guest in the toolstack's listing, never Domain-0. Its name is one that we would manage, or the name that
 * such a domain has during a migration.
 */
export interface ListedDomain {
  readonly name: GuestName;
  /** Over 0; re-used by Xen. */
  readonly domid: number;
  /** 0 while it is being built. */
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly flags: StateFlags;
  /** Since this incarnation began, with a resolution of 0.1 s. */
  readonly cpuSeconds: number;
  /** Null where the listing has none. */
  readonly uuid: string | null;
}

/** A disk of a domain: the target behind it, and the guest's name for it. */
export interface Disk {
  readonly target: string;
  readonly vdev: string;
  readonly writable: boolean;
  /** A CD drive: its medium may change while the domain runs. */
  readonly cdrom?: boolean;
  /** The program that connects it, where the target is no path: `block-drbd`. */
  readonly script?: string;
}

/** A disk as the toolstack reads it from a configuration. An empty drive has an empty target. */
export interface ConfiguredDisk extends Disk {
  readonly format?: string;
  /** Everything else that the toolstack says of the disk, as text to compare. */
  readonly more?: string;
  /** `w!`, only with xm: the host's operator allows sharing it, as for a cluster file system. */
  readonly shareable?: boolean;
}

/** What the toolstack says of the machine that a guest runs on. */
export interface GuestFacts {
  /** Null: the toolstack names none that we know. */
  readonly type: GuestType | null;
  /**
   * Whether `console` reaches anything. For HVM it is the first emulated serial port, which is there only with
   * `serial="pty"`.
   */
  readonly textConsole: boolean;
}

/** A network interface, as a configuration has it. Texts are as written, and checked by nobody. */
export interface Nic {
  /** Lower case; null: Xen draws one at each create. */
  readonly mac: string | null;
  readonly bridge: string | null;
  /** `ip=` of xl-network-configuration(5): addresses, separated by blanks; perhaps with a prefix. */
  readonly ip: string | null;
}

/** The toolstack's reading of a configuration file, by a dry run. */
export interface ConfigReading {
  /** As written; we may not accept it as a name. */
  readonly name: string;
  /** The UUID in the file, or one that the dry run drew. Lower case. */
  readonly uuid: string | null;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly guest: GuestFacts;
  readonly boot: BootShape & { readonly disks: readonly ConfiguredDisk[] };
  readonly nics: readonly Nic[];
  /** The action after each kind of end: `destroy`, `restart`, … */
  readonly actions: { readonly poweroff: string; readonly reboot: string; readonly crash: string };
  /**
   * A hash of everything that no boot profile may change, such as memory, network and
   * type. The UUID is left out.
   */
  readonly rest: string;
}

/** A configuration that the toolstack refuses, with the toolstack's own sentence. */
interface RefusedConfig {
  readonly refused: string;
}

/**
 * The result of a dry run. A Refusal means that the toolstack gave no answer, which
 * says nothing about the file.
 */
export type DryRun = ConfigReading | RefusedConfig | Refusal;

/** What a domain was, or is to be, booted with. Boot profiles differ in this. */
export interface BootShape {
  readonly kernel: string | null;
  readonly ramdisk: string | null;
  readonly cmdline: string | null;
  readonly bootloader: string | null;
  /**
   * HVM only: the emulated devices to boot from, `dc` for the CD and then the disk. Missing or null: xl's own
   * order, and in records from before it was read.
   */
  readonly bootOrder?: string | null;
  readonly disks: readonly Disk[];
}

/** A domain's long listing. */
export interface LongDomain {
  /**
   * Null: a name that we would not manage. It may be older than the listing's name, because `xl
   * rename` does not change it.
   */
  readonly name: GuestName | null;
  readonly domid: number;
  readonly guest: GuestFacts;
  readonly boot: BootShape;
}

/** A setting that overrides the configuration file's. */
export interface Assignment {
  readonly key: string;
  readonly value: string | readonly string[];
}

export interface Creation {
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly paused: boolean;
  readonly overrides: readonly Assignment[];
  /**
   * The UUID for the incarnation. Without it the incarnation has its file's, or a new one.
   * Only where `takesOverrides`.
   */
  readonly uuid?: string | null;
}

/**
 * The incarnation that a verb is meant for. The verb is refused when the name belongs to another one by now.
 */
export interface Target {
  readonly name: DomainName;
  readonly domid: number;
  /** Null where the listing has none. */
  readonly uuid?: string | null;
}

/** The bounds for one run of the toolstack's program. */
export interface Call {
  readonly timeoutMs: number;
  /**
   * For `shutdown` and `reboot`: an HVM guest without Xen drivers is asked by its ACPI button (`xl shutdown
   * -F`). A toolstack without such an option ignores this.
   */
  readonly acpi?: boolean;
  /** Ends the program; the answer is then a refusal `undone`. */
  readonly signal?: AbortSignal;
  /**
   * A file that takes the program's output instead of a pipe, so that neither our death nor a daemon that the
   * program leaves behind can break it. The run creates it; the caller must remove it.
   */
  readonly transcript?: string;
}

export interface ConsoleCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The interface to Xen. A Refusal is `toolstack-failed` with the toolstack's own first
 * reason, `toolstack-timeout`, or `undone` when the domain is no longer the one that was
 * meant. Messages hold no paths.
 */
export interface Toolstack {
  /** Whether `create` accepts settings that override the file's. If not, they must be in the file. */
  readonly takesOverrides: boolean;
  /** Whether a dry run executes the file: xm's configurations are Python. */
  readonly runsConfigs: boolean;
  /** How the toolstack reads a file with overrides. Creates nothing. */
  dryRun(creation: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun>;
  /** The age of each domain in seconds, by domid. */
  uptimes(): Promise<ReadonlyMap<number, number> | Refusal>;
  /** Runs once at a time. A call during a listing shares the next one, so it never gets an older view. */
  list(): Promise<readonly ListedDomain[] | Refusal>;
  /** The present domid; null when no such domain exists. */
  domid(name: DomainName): Promise<number | null | Refusal>;
  /**
   * One domain's long listing; null when it does not exist, or is not complete because it is
   * being built or torn down.
   */
  longList(name: DomainName): Promise<LongDomain | null | Refusal>;
  /** The long listings of all domains. */
  longListAll(): Promise<readonly LongDomain[] | Refusal>;
  create(creation: Creation, call: Call): Promise<Refusal | null>;
  unpause(target: Target, call: Call): Promise<Refusal | null>;
  /** Blocks until the guest acknowledges, for up to a minute. */
  shutdown(target: Target, call: Call): Promise<Refusal | null>;
  reboot(target: Target, call: Call): Promise<Refusal | null>;
  destroy(target: Target, call: Call): Promise<Refusal | null>;
  sysrq(target: Target, key: string, call: Call): Promise<Refusal | null>;
  /** The command to run on a pty for a domain's console. */
  consoleCommand(domid: number): ConsoleCommand;
}
