/** The settings of a simulated host; `state/host.json` in its directory. */
export interface HostSettings {
  /** Real durations are multiplied by this. */
  readonly timeScale: number;
  /** The whole host's, in MiB. */
  readonly memory: number;
  /** Where the domains' processes listen; elsewhere when the host's own path is too long for a socket. */
  readonly sockets: string;
  /** Milliseconds since the epoch. */
  readonly bootedAt: number;
  /** After it domids begin again at 1. */
  readonly greatestDomid: number;
  /** xend restarts no domain that is younger. Milliseconds of the real thing. */
  readonly xendMinimumRestart: number;
  /** Kernels write a line behind each prompt, as they do where the machine is slow. */
  readonly noisyKernels: boolean;
}
