import { BootProfiles } from '../../server/dom0/boot/boot-profiles.js';
import { LOCAL_FILES } from '../../server/dom0/config/foreign-files.js';
import { blockFacts } from '../../server/dom0/images/first-disk.js';
import { Images } from '../../server/dom0/images/images.js';
import { ReinstallTarget } from '../../server/dom0/operations/reinstall-target.js';
import { DiskHolders } from '../../server/dom0/observation/disk-holders.js';
import type { HostClock } from '../../server/dom0/scheduling/host-clock.js';
import type { Logger } from '../../server/wire/logger.js';
import { KnownStates } from '../../server/dom0/observation/known-states.js';
import { KnownNames } from '../../server/dom0/observation/known-names.js';
import { Observer } from '../../server/dom0/observation/observer.js';
import type { ObserverEvents } from '../../server/dom0/observation/observer.js';
import { KeptOffers } from '../../server/dom0/operations/kept-offers.js';
import { BootSeeds } from '../../server/dom0/operations/boot-seeds.js';
import { CreateQueue } from '../../server/dom0/operations/create-queue.js';
import { HostLimits } from '../../server/dom0/operations/host-limits.js';
import { Journal } from '../../server/dom0/operations/journal.js';
import { OperationRegistry } from '../../server/dom0/operations/operation-registry.js';
import { Operations } from '../../server/dom0/operations/operations.js';
import { Transcripts } from '../../server/dom0/toolstack/transcripts.js';
import { never } from './life.js';
import type { Life } from './life.js';
import type { ModelHost } from './model-host.js';
import { DEADLINES, LIMITS, MODEL_PACE, OBSERVE, PROFILES, ROTATE_BYTES, STATE } from './model-settings.js';
import { ModelToolstack } from './model-toolstack.js';
import type { ToolstackTemper } from './model-toolstack.js';
import type { Witness } from './witness.js';

export type ConsoleMood = 'well' | 'locked' | 'failing' | 'silent';

/**
 * The dom0 half's own classes over a model host, built as `Dom0` does it, but without the socket and the
 * consoles.
 */
/** What a half tells a gate. What it sees again it tells as an older half does. */
export type HalfEvents = Omit<ObserverEvents, 'seenAgain'>;

export interface ModelHalf {
  readonly life: Life;
  readonly operations: Operations;
  readonly observer: Observer;
  readonly registry: OperationRegistry;
  readonly journal: Journal;
  stop(): Promise<void>;
}

export interface HalfSurroundings {
  readonly host: ModelHost;
  readonly life: Life;
  readonly temper: ToolstackTemper;
  readonly witness: Witness;
  readonly logger: Logger;
  readonly consoles: () => ConsoleMood;
  readonly hears: HalfEvents;
}

/** The time of day when the world begins. */
export const DAY_ONE = Date.UTC(2026, 0, 1);

const profiles = new BootProfiles(PROFILES);
const offers = new KeptOffers({ profiles, images: new Images({}) });
/** No profile of the model has a seed disk. */
const NO_SEEDS = { pathOf: (id: string) => id, make: () => Promise.resolve(null) };

/** Resolves when the half listens. @throws when the disk cannot be read */
export async function startHalf(around: HalfSurroundings): Promise<ModelHalf> {
  const { host, life, temper, witness, logger, consoles, hears } = around;
  const boot = host.boot;
  const clock = (): number => DAY_ONE + host.time.now + host.skew;
  const hostClock: HostClock = {
    boot,
    uptime: () => host.uptime,
    after: (ms, call) => life.after(ms, call),
  };
  const disk = host.disk.of(life);
  const toolstack = new ModelToolstack(host, life, temper, witness);
  const registry = new OperationRegistry(LIMITS);
  const late = { resume: (): void => undefined };
  const { journal, records } = await Journal.open(
    STATE,
    (earlier) => OperationRegistry.condense(earlier, LIMITS),
    {
      logger,
      clock,
      host: hostClock,
      disk,
      rotateBytes: ROTATE_BYTES,
      readLate: (read) => {
        for (const record of read) registry.take(record);
        late.resume();
      },
    },
  );
  for (const record of records) registry.take(record);
  const memory = await KnownNames.open(`${STATE}/names.json`, logger, disk);
  const observer = new Observer(
    {
      toolstack,
      configs: host.configs.reader(),
      memory,
      states: new KnownStates({ boot: hostClock.boot, logger, kept: null }),
      profiles,
      expectations: registry,
      settings: OBSERVE,
      timings: MODEL_PACE,
      logger,
      clock,
      host: hostClock,
    },
    {
      seen: (domain) => {
        if (life.alive) hears.seen(domain);
      },
      seenAgain: (domain) => {
        if (life.alive) hears.seen(domain);
      },
      gone: (name) => {
        if (life.alive) hears.gone(name);
      },
      names: (names) => {
        if (life.alive) hears.names(names);
      },
    },
  );
  const operations = new Operations({
    toolstack,
    observer,
    profiles,
    seeds: new BootSeeds({ offers, disks: NO_SEEDS, networks: () => [] }),
    consoles: { attach: () => attached(life, consoles(), host.chance.below(500)) },
    disks: new DiskHolders({
      toolstack,
      domains: () => observer.list(),
      claims: { list: () => Promise.resolve([]) },
      identify: ({ target }) => Promise.resolve({ own: target, below: [] }),
    }),
    check: {
      plan: () => Promise.resolve(null),
      creation: () => Promise.resolve(null),
      text: () => Promise.resolve(null),
    },
    reinstall: {
      target: new ReinstallTarget({
        offers,
        disks: { sharedWith: () => Promise.resolve(null) },
        files: { calls: LOCAL_FILES, block: blockFacts },
        isReading: () => false,
      }),
      writer: { run: () => Promise.resolve({ end: 'ended' }) },
      queue: new CreateQueue(),
      mibPerSecond: 1,
    },
    incompleteDisk: (name) => registry.incompleteDisk(name),
    queue: new CreateQueue(),
    transcripts: new Transcripts(STATE, disk, {
      writingTo: (file) =>
        life.answer(0, () => [...host.xls].filter((xl) => xl.transcript === file).map(({ pid }) => pid)),
      kill: (pids) => {
        if (life.may()) for (const pid of pids) host.kill(pid);
      },
    }),
    deadlines: DEADLINES,
    acpiButton: true,
    timings: MODEL_PACE,
    logger,
    clock,
    host: hostClock,
    journal,
    registry,
    limits: new HostLimits(LIMITS, registry.counts),
    sysrqKeys: 'hs',
    changed: (operation) => {
      if (life.alive) witness.tells(operation.view(), life);
    },
  });
  await observer.start();
  if (journal.isUnread) late.resume = () => void operations.resume();
  else await operations.resume();
  return {
    life,
    operations,
    observer,
    registry,
    journal,
    stop: async () => {
      observer.stop();
      await operations.stop();
      await memory.close();
      await journal.close();
    },
  };
}

function attached(life: Life, mood: ConsoleMood, ms: number): Promise<'attached' | 'locked' | 'failed'> {
  if (!life.may() || mood === 'silent') return never();
  return life.answer(ms, () => (mood === 'well' ? 'attached' : mood === 'locked' ? 'locked' : 'failed'));
}
