import type { DomainName } from '../../policy/names.js';
import type { BootShape, ShutdownReason } from '../../server/dom0/toolstack/toolstack.js';

/** Who made an incarnation: one of our operations, or somebody else. */
export type Maker =
  | { readonly who: 'postern'; readonly operation: string }
  | { readonly who: 'operator' | 'xendomains' | 'reboot' };

/** One incarnation on a model host. Times are those of the world, milliseconds. */
export interface Guest {
  readonly domid: number;
  readonly uuid: string;
  /** The host's boot in which it has its domid. */
  readonly boot: string;
  /** The same for all incarnations that came from one another by reboots from inside. */
  readonly line: number;
  readonly maker: Maker;
  readonly shape: BootShape;
  readonly bornAt: number;
  name: DomainName;
  /** The name that it was made with. */
  readonly firstName: DomainName;
  goneAt: number | null;
  built: boolean;
  paused: boolean;
  /** Whether an operator paused or renamed it: whatever it is then, they know of it. */
  isByHand: boolean;
  shutdown: ShutdownReason | null;
  /** Since when it runs, null while it does not. */
  runsSince: number | null;
  /** For how long it ran before. */
  ranBefore: number;
  /** When it ran for the first time; Infinity if it never did. */
  ranFirstAt: number;
}

export function isRunning({ goneAt, built, paused, shutdown }: Guest): boolean {
  return goneAt === null && built && !paused && shutdown === null;
}

/** Who tells what an incarnation is, in a trace. */
export function called({ name, domid, uuid, boot }: Guest): string {
  return `${name} (${boot}, domid ${domid}, ${uuid.slice(0, 8)})`;
}
