import type { Store } from '../store/store.js';
import type { UsageHistory } from '../store/usage-history.js';
import type { Logger } from '../wire/logger.js';
import type { ConsoleSettings } from './console/console-options.js';
import type { GateWide } from './gate-wide.js';
import type { HostSettings, HostTimings } from './hosts/host-link.js';
import type { KeyLimits } from './keys/key-rules.js';
import type { NoticeSettings } from './notices/notice-settings.js';
import type { PolicySource } from './policy/policy-holder.js';
import type { RecordingKeeper, RecordingSettings } from './recording/recordings.js';
import type { Slices } from './scheduling/slices.js';

/** The part of gate.yaml that is not about SSH. */
export interface CoreSettings {
  readonly site: string;
  /** The message of the day; may have several lines. */
  readonly motd: string | null;
  readonly hosts: readonly HostSettings[];
  readonly keys: KeyLimits;
  readonly certificates: { readonly revokedKeys: string | null };
  readonly console: ConsoleSettings;
  readonly recordings: RecordingSettings;
  readonly login: { readonly connectionsPerCustomer: number };
  readonly menu: { readonly idleSeconds: number };
  readonly domains: { readonly graceSeconds: number };
  readonly notices: NoticeSettings;
}

export interface CoreParts {
  readonly settings: CoreSettings;
  readonly store: Store;
  readonly policySource: PolicySource;
  readonly log: Logger;
  readonly hostTimings?: Partial<HostTimings>;
  /** When left out, this process is the whole gate. */
  readonly gateWide?: GateWide;
  /** Set in a worker: the coordinator keeps what a gate has once. */
  readonly recordingKeeper?: RecordingKeeper;
  /** Set in the coordinator: has the worker whose recording this is take no more. */
  readonly fillRecording?: (recording: string) => void;
  /** When left out, nothing is recorded of what domains use. */
  readonly usageHistory?: UsageHistory | null;
  /** The clock by which the policy and the keys are judged. */
  readonly clock?: () => Date;
  /** The slices in which everybody's rights are checked again after a change. */
  readonly slices?: Slices;
}
