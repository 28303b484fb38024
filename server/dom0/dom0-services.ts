import type { DomainName } from '../../policy/names.js';
import { refusal } from '../../policy/refusal.js';
import type { Contract } from '../wire/contract.js';
import type { DomainView } from '../wire/domain.js';
import { folderRoom } from '../wire/folder-check.js';
import { adminRecord } from './api/admin-record.js';
import { Api } from './api/api.js';
import { domainView } from './api/domain-view.js';
import { LookNews } from './api/look-news.js';
import { hostContract, hostTroubles } from './api/host-contract.js';
import { journalPage } from './api/journal-page.js';
import { SelfCheck } from './api/self-check.js';
import { BootCheck } from './boot/boot-check.js';
import type { BootProfiles } from './boot/boot-profiles.js';
import type { Dom0Context } from './dom0-context.js';
import type { Dom0Health } from './dom0-health.js';
import type { Dom0Parts } from './dom0-parts.js';
import type { Dom0Settings } from './dom0-settings.js';
import type { Dom0State } from './dom0-state.js';
import { HostDisks } from './host-disks.js';
import { PROCESS_IMAGE_WRITER } from './images/image-writer.js';
import { Observer } from './observation/observer.js';
import type { ObservedDomain } from './observation/observed-domain.js';
import { RescueHostKeys } from './observation/rescue-host-keys.js';
import { ToldConsoles } from './observation/told-consoles.js';
import { UsageSampler } from './observation/usage-sampler.js';
import { BootSeeds } from './operations/boot-seeds.js';
import { CreateQueue } from './operations/create-queue.js';
import { HostLimits } from './operations/host-limits.js';
import { KeptOffers } from './operations/kept-offers.js';
import { Operations } from './operations/operations.js';
import { ReinstallTarget } from './operations/reinstall-target.js';
import { RescueEnding } from './operations/rescue-ending.js';
import { SharedRun } from './scheduling/shared-run.js';
import { SettingsInForce } from './settings-in-force.js';
import { Transcripts } from './toolstack/transcripts.js';
import { Xenstore } from './toolstack/xenstore.js';
import { Xentop } from './toolstack/xentop.js';

/** All that runs in the half, and who tells whom. Building it starts nothing. */
export class Dom0Services {
  readonly observer: Observer;
  readonly operations: Operations;
  readonly api: Api;
  readonly #context: Dom0Context;
  readonly #state: Dom0State;
  readonly #parts: Dom0Parts;
  readonly #profiles: BootProfiles;
  readonly #disks: HostDisks;
  readonly #offers: KeptOffers;
  readonly #limits: HostLimits;
  readonly #inForce: SettingsInForce;
  readonly #ending: RescueEnding;
  readonly #hostKeys: RescueHostKeys;
  readonly #usage: UsageSampler;
  /** One after the other, so that gates are never told of former settings last. */
  readonly #contracts = new SharedRun(() => this.#contract());
  readonly #deaf: readonly (() => void)[];

  constructor(context: Dom0Context, profiles: BootProfiles, state: Dom0State, parts: Dom0Parts) {
    this.#context = context;
    this.#state = state;
    this.#parts = parts;
    const { settings, clock, host, timings, logger } = context;
    const { registry } = state;
    const { consoles } = parts;
    this.#profiles = profiles;
    this.#inForce = new SettingsInForce(settings);
    this.#limits = new HostLimits(settings.limits, registry.counts);
    this.observer = this.#observe();
    const changed = (name: DomainName): void => {
      this.#tell(name);
    };
    const domains = () => this.observer.list();
    this.#disks = new HostDisks(context, state, { domains, changed, seedImage: parts.seedImage });
    this.#offers = new KeptOffers({ profiles, images: this.#disks.images });
    this.operations = this.#operate();
    this.#ending = new RescueEnding({
      registry,
      operations: this.operations,
      observer: this.observer,
      profiles,
      timings,
      host,
      clock,
      logger,
      changed,
    });
    this.#hostKeys = new RescueHostKeys({
      claims: parts.guestClaims ?? new Xenstore(settings.seeds.xenstoreRead),
      profiles,
      domains,
      host,
      logger,
      changed,
    });
    const { xentop } = settings.usage;
    const counts = xentop === null ? null : new Xentop(xentop, settings.toolstack.environment);
    this.#usage = new UsageSampler({ devices: parts.deviceCounts ?? counts, domains, host, logger });
    this.api = this.#answer();
    this.#deaf = [consoles.onState(changed), consoles.onAdminAct(adminRecord(state.journal, logger, clock))];
  }

  /** How the half is, once it serves. */
  get health(): Dom0Health {
    const { observer } = this;
    const { consoles } = this.#parts;
    const { kind } = this.#context.settings.toolstack;
    const { journal, registry } = this.#state;
    return {
      domains: observer.list().length,
      attached: observer.list().filter(({ name }) => consoles.state(name) === 'attached').length,
      underWay: registry.open().length,
      sinceLook: observer.sinceRound,
      troubles: [
        ...(observer.silence === null ? [] : [`${kind} does not answer: ${observer.silence}`]),
        ...hostTroubles(journal, this.operations),
      ],
    };
  }

  /**
   * Takes what it can of other settings, and tells gates.
   *
   * @returns the settings in force
   * @throws ProfileError: then nothing has changed
   */
  reload(next: Dom0Settings): Dom0Settings {
    const { operations, observer, api } = this;
    const { configs } = this.#state;
    const { images } = this.#disks;
    const parts = {
      kept: this.#offers,
      operations,
      configs,
      limits: this.#limits,
      profiles: this.#profiles,
      images,
    };
    if (!this.#inForce.take(next, parts)) return this.#inForce.now;
    observer.takeSettings();
    // A gate knows the profiles before it hears which of them a domain can have.
    void this.#contracts
      .get()
      .then((contract) => {
        api.feed.tell({ change: 'contract', contract });
        for (const domain of observer.list()) api.feed.tell({ change: 'domain', domain: this.#view(domain) });
        return observer.look();
      })
      .catch((error: unknown) => {
        this.#context.logger.error({ err: error }, 'observer.fault');
      });
    return this.#inForce.now;
  }

  /** Goes on with the operations that were open when the last half ended. Their domains must be known. */
  async resume(): Promise<void> {
    await this.operations.resume();
    this.#ending.start();
    this.#disks.seeds.start();
  }

  /** Stops everything, the first to ask for something first. */
  async close(): Promise<void> {
    this.observer.stop();
    this.api.close();
    this.#ending.stop();
    this.#disks.seeds.stop();
    await this.operations.stop();
    for (const deaf of this.#deaf) deaf();
    await this.#parts.consoles.dispose();
    this.api.drop();
  }

  #observe(): Observer {
    const { settings, toolstack, timings, logger, clock, host } = this.#context;
    const { configs, names, states, registry } = this.#state;
    const { consoles } = this.#parts;
    const told = new ToldConsoles(consoles);
    const looks = this.#tellLooks();
    return new Observer(
      {
        toolstack,
        configs,
        memory: names,
        states,
        profiles: this.#profiles,
        expectations: registry,
        settings: settings.observe,
        timings,
        logger,
        clock,
        host,
      },
      {
        seen: (domain) => {
          if (told.seen(domain)) this.#disks.seeds.tidy();
          this.api.feed.tell({ change: 'domain', domain: this.#view(domain) });
        },
        seenAgain: (domain, isUsedMore) => {
          looks.seenAgain(domain, isUsedMore);
        },
        gone: (name) => {
          looks.forget(name);
          this.#disks.seeds.tidy();
          told.gone(name);
          this.api.feed.tell({ change: 'gone', name });
        },
        dropped: (name) => {
          looks.forget(name);
          told.dropped(name);
          this.api.feed.tell({ change: 'gone', name });
        },
        names: (changed) => {
          consoles.missing(changed.missing.map(({ name }) => name));
          this.api.feed.tell({ change: 'names', ...changed });
        },
        looked: () => {
          looks.looked();
          this.#ending.looked();
          this.#hostKeys.looked();
          this.#usage.looked();
        },
      },
    );
  }

  #tellLooks(): LookNews {
    return new LookNews({
      tell: (change) => {
        this.api.feed.tell(change);
      },
      tellLook: (change) => {
        this.api.feed.tellLook(change);
      },
      tellPlain: (change) => {
        this.api.feed.tellPlain(change);
      },
      line: (domain) => ({ change: 'domain', domain: this.#view(domain) }),
      isUnderWay: (domain) =>
        this.operations.current(domain.name) !== null ||
        this.#ending.view(domain) !== null ||
        this.#state.registry.incompleteDisk(domain.name) !== null,
      clock: this.#context.clock,
    });
  }

  #operate(): Operations {
    const { settings, toolstack, disk, timings, logger, clock, host } = this.#context;
    const { journal, registry } = this.#state;
    const { observer } = this;
    const profiles = this.#profiles;
    const { files, holders, seeds } = this.#disks;
    const offers = this.#offers;
    const inForce = this.#inForce;
    const transcripts = new Transcripts(settings.state, disk);
    return new Operations({
      toolstack,
      observer,
      profiles,
      seeds: new BootSeeds({ offers, disks: seeds, networks: () => inForce.now.seeds.networks }),
      consoles: this.#parts.consoles,
      disks: holders,
      reinstall: {
        target: new ReinstallTarget({
          offers,
          disks: holders,
          files,
          isReading: () => observer.isReading,
        }),
        writer: this.#parts.imageWriter ?? PROCESS_IMAGE_WRITER,
        queue: new CreateQueue(),
        mibPerSecond: settings.reinstall.mibPerSecond,
      },
      incompleteDisk: (name) => registry.incompleteDisk(name),
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
      limits: this.#limits,
      sysrqKeys: settings.sysrqKeys,
      changed: (operation) => {
        this.api.feed.tell({ change: 'operation', operation: operation.view() });
        if (!operation.isOpen) seeds.tidy();
        this.#tell(operation.request.domain);
      },
    });
  }

  #answer(): Api {
    const { settings, host, logger, clock } = this.#context;
    const { journal, registry } = this.#state;
    const { observer, operations } = this;
    const { consoles, version } = this.#parts;
    const { images } = this.#disks;
    const profiles = this.#profiles;
    const startedAt = new Date(clock()).toISOString();
    const selfCheck = new SelfCheck({
      settings,
      observer,
      host,
      isSeeding: () => profiles.isSeeding || images.isSeeding,
      isRescuing: () => profiles.isSeeding,
    });
    return new Api({
      contract: () => this.#contract(),
      check: () => selfCheck.run(),
      status: async () => ({
        version,
        startedAt,
        folders: [await folderRoom('state directory', settings.state)],
        troubles: hostTroubles(journal, operations),
      }),
      usage: () => this.#usage.latest,
      domains: () => observer.list().map((domain) => this.#view(domain)),
      names: () => observer.names(),
      domain: (name) => {
        const found = observer.find(name);
        return found && this.#view(found);
      },
      submit: async (request) =>
        observer.isLeaving(request.domain)
          ? { refused: refusal('no-such-domain', 'There is no such server.', request.domain), inTheWay: null }
          : operations.submit(request),
      extend: (name, extension) => this.#ending.extend(name, extension),
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
  }

  #contract(): Promise<Contract> {
    const { journal, configs, configFiles } = this.#state;
    return hostContract({
      settings: this.#context.settings,
      profiles: this.#profiles,
      images: this.#disks.images,
      files: configFiles,
      consoles: this.#parts.consoles,
      configs,
      journal,
      operations: this.operations,
    });
  }

  #view(domain: ObservedDomain): DomainView {
    const { registry } = this.#state;
    return domainView(domain, {
      operations: this.operations,
      ending: this.#ending,
      hostKeys: this.#hostKeys,
      profiles: this.#profiles,
      consoles: this.#parts.consoles,
      images: this.#disks.images,
      sizes: this.#disks.sizes,
      incompleteDisk: (name) => registry.incompleteDisk(name),
    });
  }

  #tell(name: DomainName): void {
    const found = this.observer.find(name);
    if (found !== undefined) this.api.feed.tell({ change: 'domain', domain: this.#view(found) });
  }
}
