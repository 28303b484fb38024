import { join } from 'node:path';
import type { DomainName } from '../../policy/names.js';
import type { DomainView, IncompleteDisk } from '../wire/domain.js';
import { folderRoom } from '../wire/folder-check.js';
import { adminRecord } from './api/admin-record.js';
import { Api } from './api/api.js';
import { domainView } from './api/domain-view.js';
import { hostContract, hostTroubles } from './api/host-contract.js';
import { journalPage } from './api/journal-page.js';
import { BootCheck } from './boot/boot-check.js';
import { BootProfiles } from './boot/boot-profiles.js';
import { DiskSizes } from './images/disk-sizes.js';
import { blockFacts } from './images/first-disk.js';
import { PROCESS_IMAGE_WRITER } from './images/image-writer.js';
import type { ImageWriter } from './images/image-writer.js';
import { Images } from './images/images.js';
import type { ConsoleHost } from './observation/console-host.js';
import { DiskHolders, identityBy } from './observation/disk-holders.js';
import { DiskClaims } from './config/disk-claims.js';
import { DomainConfigs } from './config/domain-configs.js';
import { SYSTEM_HOST_CLOCK } from './scheduling/host-clock.js';
import type { Dom0Settings } from './dom0-settings.js';
import { ForeignFiles } from './config/foreign-files.js';
import type { FileCalls } from './config/foreign-files.js';
import { KnownStates } from './observation/known-states.js';
import type { HostClock } from './scheduling/host-clock.js';
import type { Logger } from '../wire/logger.js';
import { KnownNames } from './observation/known-names.js';
import { Observer } from './observation/observer.js';
import type { ObservedDomain } from './observation/observed-domain.js';
import { RescueHostKeys } from './observation/rescue-host-keys.js';
import { UsageSampler } from './observation/usage-sampler.js';
import { BootSeeds } from './operations/boot-seeds.js';
import { CreateQueue } from './operations/create-queue.js';
import { HostLimits } from './operations/host-limits.js';
import { Journal } from './operations/journal.js';
import type { Condense } from './operations/journal-files.js';
import { OperationRegistry } from './operations/operation-registry.js';
import { Operations } from './operations/operations.js';
import { RescueEnding } from './operations/rescue-ending.js';
import { ReinstallTarget } from './operations/reinstall-target.js';
import { Transcripts } from './toolstack/transcripts.js';
import { within } from './scheduling/time-limit.js';
import { TIMINGS } from './scheduling/timings.js';
import { SeedDisks } from './seed/seed-disks.js';
import { XorrisoImage } from './seed/seed-image.js';
import type { SeedImage } from './seed/seed-image.js';
import { SelfCheck } from './api/self-check.js';
import { DirectoryError } from '../wire/make-directory.js';
import { LocalStateDisk } from './state/local-state-disk.js';
import type { StateDisk } from './state/state-disk.js';
import { lockState } from './state/state-lock.js';
import type { Timings } from './scheduling/timings.js';
import { toolstackOf } from './toolstack/toolstack-of.js';
import type { Toolstack } from './toolstack/toolstack.js';
import { Xentop } from './toolstack/xentop.js';
import type { DeviceCounts } from './toolstack/xentop.js';
import { Xenstore } from './toolstack/xenstore.js';
import type { GuestClaims } from './toolstack/xenstore.js';
import { answers, SocketError } from './api/unix-socket.js';

/** A start waits at most this long for the toolstack to read the configuration files, then goes on. */
const FIRST_READING_MS = 5_000;

export interface Dom0Parts {
  readonly settings: Dom0Settings;
  readonly version: string;
  /** By default, the toolstack that the settings name. */
  readonly toolstack?: Toolstack;
  readonly consoles: ConsoleHost;
  readonly logger: Logger;
  readonly timings?: Partial<Timings>;
  readonly clock?: () => number;
  readonly host?: HostClock;
  readonly disk?: StateDisk;
  /** What makes the seed disks; by default, the program that the settings name. */
  readonly seedImage?: SeedImage;
  /** The file systems that the configuration files are on. */
  readonly files?: FileCalls;
  /** What guests say of themselves; by default, what is in Xen's store. */
  readonly guestClaims?: GuestClaims;
  /** What counts network and disks; by default, the xentop of the settings. */
  readonly deviceCounts?: DeviceCounts;
  /** By default, a process of its own for each image. */
  readonly imageWriter?: ImageWriter;
}

/** How a half that serves is, for whoever watches its process. */
export interface Dom0Health {
  readonly domains: number;
  /** How many consoles are attached. */
  readonly attached: number;
  /** How many operations are under way. */
  readonly underWay: number;
  /** Milliseconds since the half looked at the toolstack last, whether that answered or not. */
  readonly sinceLook: number;
  /** What an admin of the host must see to, a sentence each. */
  readonly troubles: readonly string[];
}

/** The half that runs on the Xen host. Starting and stopping it never touches a domain. */
export class Dom0 {
  readonly #parts: Dom0Parts;
  readonly #clock: () => number;
  readonly #host: HostClock;
  readonly #disk: StateDisk;
  readonly #startedAt: string;
  /**
   * Functions that release what `start` acquired, in the order of acquisition. `stop` runs them in reverse.
   */
  #release: (() => void | Promise<void>)[] = [];
  #health: (() => Dom0Health) | null = null;

  constructor(parts: Dom0Parts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
    this.#startedAt = new Date(this.#clock()).toISOString();
    this.#host = parts.host ?? SYSTEM_HOST_CLOCK;
    this.#disk = parts.disk ?? new LocalStateDisk();
  }

  /**
   * Reads the journal, looks once at everything, resumes open operations, then listens. Where the journal or
   * configuration files are read late, it listens before, and resumes when they are read.
   *
   * @throws SocketError, ProfileError or a file system error, each with one clear sentence
   */
  async start(): Promise<void> {
    const { settings, logger } = this.#parts;
    const profiles = new BootProfiles(settings.profiles);
    if (await answers(settings.socket)) {
      throw new SocketError(`another dom0 half is running: somebody answers on ${settings.socket}`);
    }
    await this.#makeState();
    const unlock = await lockState(settings.state);
    const release: (() => void | Promise<void>)[] = [unlock];
    this.#release = release;
    try {
      const condense: Condense = (records) => OperationRegistry.condense(records, settings.limits);
      const registry = new OperationRegistry(settings.limits);
      // Records that are read late enter the registry at once. They are resumed once everything is built.
      const late = { resume: (): void => undefined };
      const { journal, records } = await Journal.open(settings.state, condense, {
        logger,
        clock: this.#clock,
        host: this.#host,
        disk: this.#disk,
        readLate: (read) => {
          for (const record of read) registry.take(record);
          late.resume();
        },
      });
      release.push(() => journal.close());
      for (const record of records) registry.take(record);
      const { api, observer } = await this.#assemble(journal, registry, profiles, release, late);
      await api.listen(settings.socket, settings.socketGroup);
      const { version } = this.#parts;
      logger.info({ socket: settings.socket, domains: observer.list().length, version }, 'dom0.listening');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Null until it serves. */
  get health(): Dom0Health | null {
    return this.#health?.() ?? null;
  }

  /** With a full or read-only disk the list, the consoles and the log must still work. */
  async #makeState(): Promise<void> {
    const { settings, logger } = this.#parts;
    try {
      await this.#disk.makeFolder(settings.state);
    } catch (error) {
      if (error instanceof DirectoryError)
        throw new Error(`the state directory ${error.message}`, { cause: error });
      logger.error({ err: error, state: settings.state }, 'state.unwritable');
    }
  }

  /** Calling it twice is harmless. The next start resumes the open operations. */
  async stop(): Promise<void> {
    const release = this.#release.reverse();
    this.#release = [];
    this.#health = null;
    for (const each of release) await each();
  }

  async #assemble(
    journal: Journal,
    registry: OperationRegistry,
    profiles: BootProfiles,
    release: (() => void | Promise<void>)[],
    late: { resume: () => void },
  ): Promise<{ readonly api: Api; readonly observer: Observer }> {
    const { settings, consoles, logger } = this.#parts;
    const toolstack = this.#parts.toolstack ?? toolstackOf(settings.toolstack);
    const timings = { ...TIMINGS, ...this.#parts.timings };
    const clock = this.#clock;
    const host = this.#host;
    const kept = { file: join(settings.state, 'configs.json'), disk: this.#disk };
    const files = new ForeignFiles(host, this.#parts.files);
    const configs = new DomainConfigs(settings, { toolstack, files, logger, host, kept });
    await configs.open();
    const memory = await KnownNames.open(join(settings.state, 'names.json'), logger, this.#disk);
    const states = await KnownStates.open({
      boot: host.boot,
      logger,
      kept: { file: join(settings.state, 'states.json'), disk: this.#disk },
    });
    const told = new Map<DomainName, string>();
    const { observe } = settings;
    const observer = new Observer(
      {
        toolstack,
        configs,
        memory,
        states,
        profiles,
        expectations: registry,
        settings: observe,
        timings,
        logger,
        clock,
        host,
      },
      {
        seen: (domain) => {
          if (this.#tellConsoles(domain, told)) seedDisks.tidy();
          api.tell({ change: 'domain', domain: view(domain) });
        },
        gone: (name) => {
          told.delete(name);
          seedDisks.tidy();
          consoles.forget(name);
          api.tell({ change: 'gone', name });
        },
        names: (names) => {
          consoles.missing(names.missing.map(({ name }) => name));
          api.tell({ change: 'names', ...names });
        },
        looked: () => {
          ending.looked();
          hostKeys.looked();
          usage.looked();
        },
      },
    );
    const view = (domain: ObservedDomain): DomainView =>
      domainView(domain, { operations, ending, hostKeys, profiles, consoles, images, sizes, incompleteDisk });
    const transcripts = new Transcripts(settings.state, this.#disk);
    const seedDisks = new SeedDisks({
      state: settings.state,
      disk: this.#disk,
      image: this.#parts.seedImage ?? new XorrisoImage(settings.seeds.command),
      toolstack,
      host,
      logger,
      absence: 2 * timings.rebootAbsence,
      isOpen: (id) => registry.find(id)?.isOpen === true,
    });
    const incompleteDisk = (name: DomainName): IncompleteDisk | null => registry.incompleteDisk(name);
    const diskFiles = { calls: new ForeignFiles(host, this.#parts.files), block: blockFacts };
    // The way in which xm reads a disk tells nothing certain of its format.
    const images = new Images(settings.toolstack.kind === 'xl' ? settings.images : {});
    const sizes = new DiskSizes(images, diskFiles, host, (name) => {
      tellDomain(name);
    });
    const disks = new DiskHolders({
      toolstack,
      domains: () => observer.list(),
      claims: new DiskClaims(configs, diskFiles.calls),
      identify: identityBy(diskFiles.calls),
    });
    const operations = new Operations({
      toolstack,
      observer,
      profiles,
      seeds: new BootSeeds({ profiles, images, disks: seedDisks, networks: settings.seeds.networks }),
      consoles,
      disks,
      reinstall: {
        target: new ReinstallTarget({
          images,
          disks,
          profiles,
          files: diskFiles,
          isReading: () => observer.isReading,
        }),
        writer: this.#parts.imageWriter ?? PROCESS_IMAGE_WRITER,
        queue: new CreateQueue(),
        mibPerSecond: settings.reinstall.mibPerSecond,
      },
      incompleteDisk,
      check: new BootCheck({ toolstack, transcripts }),
      queue: new CreateQueue(),
      transcripts,
      deadlines: settings.deadlines,
      acpiButton: settings.acpiButton,
      timings,
      logger,
      clock,
      host,
      journal,
      registry,
      limits: new HostLimits(settings.limits, registry.counts),
      sysrqKeys: settings.sysrqKeys,
      changed: (operation) => {
        api.tell({ change: 'operation', operation: operation.view() });
        if (!operation.isOpen) seedDisks.tidy();
        tellDomain(operation.request.domain);
      },
    });
    const ending = new RescueEnding({
      registry,
      operations,
      observer,
      profiles,
      timings,
      host,
      clock,
      logger,
      changed: (name) => {
        tellDomain(name);
      },
    });
    const hostKeys = new RescueHostKeys({
      claims: this.#parts.guestClaims ?? new Xenstore(settings.seeds.xenstoreRead),
      profiles,
      domains: () => observer.list(),
      host,
      logger,
      changed: (name) => {
        tellDomain(name);
      },
    });
    const { xentop } = settings.usage;
    const usage = new UsageSampler({
      devices:
        this.#parts.deviceCounts ??
        (xentop === null ? null : new Xentop(xentop, settings.toolstack.environment)),
      domains: () => observer.list(),
      host,
      logger,
    });
    const selfCheck = new SelfCheck({
      settings,
      observer,
      host,
      isSeeding: profiles.isSeeding || images.isSeeding,
      isRescuing: profiles.isSeeding,
    });
    const api = new Api({
      contract: () =>
        hostContract({ settings, profiles, images, files, consoles, configs, journal, operations }),
      check: () => selfCheck.run(),
      status: async () => ({
        version: this.#parts.version,
        startedAt: this.#startedAt,
        folders: [await folderRoom('state directory', settings.state)],
        troubles: hostTroubles(journal, operations),
      }),
      usage: () => usage.latest,
      domains: () => observer.list().map(view),
      names: () => observer.names(),
      domain: (name) => {
        const found = observer.find(name);
        return found && view(found);
      },
      submit: (request) => operations.submit(request),
      extend: (name, extension) => ending.extend(name, extension),
      operation: (id) => operations.find(id),
      withdraw: (id) => operations.withdraw(id),
      clearDisk: (name, admin) =>
        operations.note(name, () => {
          const incomplete = registry.incompleteDisk(name);
          if (incomplete === null) return null;
          const { vdev, image, operation } = incomplete;
          logger.warn({ domain: name, vdev, image, claimed: admin }, 'disk.said-whole');
          return { kind: 'disk', operation, domain: name, vdev, image, isWhole: true, admin };
        }),
      journal: (after) => journalPage(journal, after),
      consoles,
      logger,
    });
    this.#health = () => ({
      domains: observer.list().length,
      attached: observer.list().filter(({ name }) => consoles.state(name) === 'attached').length,
      underWay: registry.open().length,
      sinceLook: observer.sinceRound,
      troubles: [
        ...(observer.silence === null
          ? []
          : [`${settings.toolstack.kind} does not answer: ${observer.silence}`]),
        ...hostTroubles(journal, operations),
      ],
    });
    const tellDomain = (name: DomainName): void => {
      const found = observer.find(name);
      if (found !== undefined) api.tell({ change: 'domain', domain: view(found) });
    };
    release.push(
      () => configs.close(),
      () => memory.close(),
      () => states.close(),
      () => {
        api.drop();
      },
      () => consoles.dispose(),
      consoles.onState(tellDomain),
      consoles.onAdminAct(adminRecord(journal, logger, clock)),
      () => operations.stop(),
      () => {
        seedDisks.stop();
      },
      () => {
        ending.stop();
      },
      () => {
        api.close();
      },
      () => {
        observer.stop();
      },
    );
    await observer.start();
    // As long as the journal is unread, we do not know the open operations, so we must not sweep their files.
    const resume = async (): Promise<void> => {
      if (journal.isUnread) {
        late.resume = () =>
          void operations.resume().then(() => {
            ending.start();
            seedDisks.start();
          });
        return;
      }
      await operations.resume();
      ending.start();
      seedDisks.start();
    };
    const isRead = await this.#readFirst(configs, observer);
    if (isRead) await resume();
    else
      void configs
        .settled()
        .then(() => observer.look())
        .then(resume)
        .catch((error: unknown) => {
          logger.error({ err: error }, 'dom0.not-resumed');
        });
    return { api, observer };
  }

  /**
   * Waits a little for the toolstack to read the files, then looks at what is known. An operation resumed
   * before its file was read would not find its domain.
   *
   * @returns whether all files were read
   */
  async #readFirst(configs: DomainConfigs, observer: Observer): Promise<boolean> {
    if (!configs.isReading) return true;
    const read = configs.settled().then(() => true);
    const isRead = await within(this.#host, FIRST_READING_MS, read);
    await observer.look();
    return isRead === true;
  }

  /** @returns whether the domain is another, or does something else, than told last */
  #tellConsoles(domain: ObservedDomain, told: Map<DomainName, string>): boolean {
    const { name, guest, observation } = domain;
    const { state, profile, since } = observation;
    // Without a text console there is nothing to attach to, whatever runs.
    const incarnation = guest.textConsole ? domain.incarnation : null;
    const news = JSON.stringify([incarnation, state, profile]);
    if (told.get(name) === news) return false;
    told.set(name, news);
    this.#parts.consoles.observed(name, incarnation, state, profile, Date.parse(since));
    return true;
  }
}
