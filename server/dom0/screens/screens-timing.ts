/** The waits of the screens, milliseconds. */
export interface ScreensTiming {
  /** How long bytes may wait for an emulator when nobody looks. A flood costs one ring in this time. */
  readonly feed: number;
  /** How long a repaint may take. */
  readonly paint: number;
  /**
   * The same for a window of another size than the guest's: the ring is replayed for it,
   * and others may come first.
   */
  readonly replay: number;
  /** Processor time that the worker may take for one job before it counts as lost. */
  readonly job: number;
  /** How long until a lost worker is replaced, at first. */
  readonly restart: number;
}

/** Values for a real host. */
export const SCREENS_TIMING: ScreensTiming = {
  feed: 500,
  paint: 250,
  replay: 2_000,
  job: 2_000,
  restart: 100,
};
