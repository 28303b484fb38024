import type { DomainName } from '../../policy/names.js';
import type { BootShape, ShutdownReason } from '../../server/dom0/toolstack/toolstack.js';

/** The maker of an incarnation: one of our operations, or somebody else. */
export type Maker =
  | { readonly who: 'postern'; readonly operation: string }
  | { readonly who: 'operator' | 'xendomains' | 'reboot' };

/** One incarnation on a model host. Times are the world's, in milliseconds. */
export interface Guest {
  readonly domid: number;
  readonly uuid: string;
  /** The boot of the host in which its domid is valid. */
  readonly boot: string;
  /** The same for all incarnations that followed one another by reboots from inside. */
  readonly line: number;
  readonly maker: Maker;
  readonly shape: BootShape;
  readonly bornAt: number;
  name: DomainName;
  /** The name at its creation. */
  readonly firstName: DomainName;
  goneAt: number | null;
  built: boolean;
  paused: boolean;
  /** Whether an operator paused or renamed it. Then its state is the operator's own doing. */
  isByHand: boolean;
  shutdown: ShutdownReason | null;
  /** When it last began to run; null while it does not run. */
  runsSince: number | null;
  /** Milliseconds that it ran before. */
  ranBefore: number;
  /** When it first ran; Infinity if it never did. */
  ranFirstAt: number;
}

export function isRunning({ goneAt, built, paused, shutdown }: Guest): boolean {
  return goneAt === null && built && !paused && shutdown === null;
}

/** Names an incarnation in a trace. */
export function called({ name, domid, uuid, boot }: Guest): string {
  return `${name} (${boot}, domid ${domid}, ${uuid.slice(0, 8)})`;
}
