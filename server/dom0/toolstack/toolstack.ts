import type { DomainName } from '../../../policy/names.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { Refusal } from '../../../policy/refusal.js';

/** Why a domain that is shut down is so; the fifth column of the state string. */
export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend' | 'crash';

/** The state string of a listing, read by its columns. */
export interface StateFlags {
  readonly paused: boolean;
  readonly shutdown: ShutdownReason | null;
  readonly dying: boolean;
}

/** A guest that the toolstack lists: one whose name we would manage, or that such a domain has on its way to another host; never Domain-0. */
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

/** A disk of a domain: what is behind it, how the guest calls it. */
export interface Disk {
  readonly target: string;
  readonly vdev: string;
  readonly writable: boolean;
  /** A CD drive: what is in it may be changed while the domain runs. */
  readonly cdrom?: boolean;
  /** The program that connects it, where the target is no path: `block-drbd`. */
  readonly script?: string;
}

/** A disk as the toolstack reads it from a configuration. The target of an empty drive is empty. */
export interface ConfiguredDisk extends Disk {
  readonly format?: string;
  /** What else the toolstack says of it, as text to compare. */
  readonly more?: string;
  /** `w!`, only with xm: the host's operator says that it may be shared, as cluster file systems are. */
  readonly shareable?: boolean;
}

/** What the toolstack makes of a configuration file: its dry run. */
export interface ConfigReading {
  /** As it is written; it may be none that we manage. */
  readonly name: string;
  /** The one that the file fixes, or one that the dry run drew. Lower case. */
  readonly uuid: string | null;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly boot: BootShape & { readonly disks: readonly ConfiguredDisk[] };
  /** What happens after each end: `destroy`, `restart`, … */
  readonly actions: { readonly poweroff: string; readonly reboot: string; readonly crash: string };
  /** All the rest of it, hashed: what no boot profile may change, such as memory, network and type. The UUID is left out. */
  readonly rest: string;
}

/** A configuration that the toolstack refuses, with its own sentence. */
interface RefusedConfig {
  readonly refused: string;
}

/** What a dry run comes to. A Refusal: the toolstack gave no answer, which says nothing of the file. */
export type DryRun = ConfigReading | RefusedConfig | Refusal;

/** What a domain was, or is to be, booted with: what tells boot profiles apart. */
export interface BootShape {
  readonly kernel: string | null;
  readonly ramdisk: string | null;
  readonly cmdline: string | null;
  readonly bootloader: string | null;
  readonly disks: readonly Disk[];
}

/** A domain's long listing. */
export interface LongDomain {
  /** Null: one that we would not manage. It may be an older one than the listing's: `xl rename` does not change it. */
  readonly name: GuestName | null;
  readonly domid: number;
  readonly boot: BootShape;
}

/** A setting given over the configuration file's. */
export interface Assignment {
  readonly key: string;
  readonly value: string | readonly string[];
}

export interface Creation {
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly paused: boolean;
  readonly overrides: readonly Assignment[];
  /** The UUID that the incarnation is to have; without one it has that of its file, or a new one. Only where overrides are taken. */
  readonly uuid?: string | null;
}

/** The incarnation that a verb is meant for. The verb is refused when the name means another one by now. */
export interface Target {
  readonly name: DomainName;
  readonly domid: number;
  /** Null where the listing has none. */
  readonly uuid?: string | null;
}

/** How one run of the toolstack's program is bounded. */
export interface Call {
  readonly timeoutMs: number;
  /** Ends the program; the answer is then a refusal `undone`. */
  readonly signal?: AbortSignal;
  /**
   * A file that takes the program's output instead of a pipe, so that neither our death nor a daemon that it
   * leaves behind can break it. It is created, and left for the caller to remove.
   */
  readonly transcript?: string;
}

export interface ConsoleCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The interface to Xen. What the toolstack refuses comes back as a Refusal: `toolstack-failed` with its own first
 * reason, `toolstack-timeout`, or `undone` when the domain is not the one that was meant any more. Messages hold no paths.
 */
export interface Toolstack {
  /** Whether `create` takes settings over the file's; if not, they have to stand in the file. */
  readonly takesOverrides: boolean;
  /** Whether a dry run runs what is in the file: xm's configurations are Python. */
  readonly runsConfigs: boolean;
  /** What it makes of a file with settings over it. Creates nothing. */
  dryRun(creation: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun>;
  /** For how many seconds each domain has existed, by domid. */
  uptimes(): Promise<ReadonlyMap<number, number> | Refusal>;
  /** Runs once at a time: a call during a listing shares the next one, so that it never sees what was before it. */
  list(): Promise<readonly ListedDomain[] | Refusal>;
  /** The present domid, null when no such domain exists. */
  domid(name: DomainName): Promise<number | null | Refusal>;
  /** One domain's long listing, null when it does not exist, or not yet or no more as a whole. */
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
  /** What to run on a pty for a domain's console. */
  consoleCommand(domid: number): ConsoleCommand;
}
