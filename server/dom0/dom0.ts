import { contextOf } from './dom0-context.js';
import type { Dom0Context } from './dom0-context.js';
import type { Dom0Health } from './dom0-health.js';
import type { Dom0Parts } from './dom0-parts.js';
import type { Dom0Settings } from './dom0-settings.js';
import { Dom0Services } from './dom0-services.js';
import { Dom0State } from './dom0-state.js';
import { BootProfiles } from './boot/boot-profiles.js';
import { answers, SocketError } from './api/unix-socket.js';
import { within } from './scheduling/time-limit.js';

/** A start waits at most this long for the toolstack to read the configuration files, then goes on. */
const FIRST_READING_MS = 5_000;

/** The half that runs on the Xen host. Starting and stopping it never touches a domain. */
export class Dom0 {
  readonly #parts: Dom0Parts;
  readonly #context: Dom0Context;
  /**
   * Functions that release what `start` acquired, in the order of acquisition. `stop` runs them in reverse.
   */
  #release: (() => void | Promise<void>)[] = [];
  #services: Dom0Services | null = null;

  constructor(parts: Dom0Parts) {
    this.#parts = parts;
    this.#context = contextOf(parts);
  }

  /**
   * Reads the journal, looks once at everything, resumes open operations, then listens. Where the journal or
   * configuration files are read late, it listens before, and resumes when they are read.
   *
   * @throws SocketError, ProfileError or a file system error, each with one clear sentence
   */
  async start(): Promise<void> {
    const { settings, logger } = this.#context;
    const profiles = new BootProfiles(settings.profiles);
    if (await answers(settings.socket)) {
      throw new SocketError(`another dom0 half is running: somebody answers on ${settings.socket}`);
    }
    const release: (() => void | Promise<void>)[] = [];
    this.#release = release;
    // Set once everything is built. Records that are read before are in the registry by then.
    let readLate = (): void => undefined;
    try {
      const state = await Dom0State.open(this.#context, release, () => {
        readLate();
      });
      const services = new Dom0Services(this.#context, profiles, state, this.#parts);
      release.push(() => services.close());
      await services.observer.start();
      const areFilesRead = await this.#readFirst(state, services);
      const resume = async (): Promise<void> => {
        // Until the journal is read, we do not know the open operations, so we must not sweep their files.
        if (state.journal.isUnread) readLate = () => void services.resume();
        else await services.resume();
      };
      if (areFilesRead) await resume();
      else this.#resumeLate(state, services, resume);
      this.#services = services;
      await services.api.listen(settings.socket, settings.socketGroup);
      const domains = services.observer.list().length;
      logger.info({ socket: settings.socket, domains, version: this.#parts.version }, 'dom0.listening');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Null until it serves. */
  get health(): Dom0Health | null {
    return this.#services?.health ?? null;
  }

  /**
   * Takes other settings, as far as a half that runs can (`SettingsInForce`). Before it serves, nothing is taken.
   *
   * @returns the settings that are in force now
   * @throws ProfileError: then nothing has changed
   */
  reload(next: Dom0Settings): Dom0Settings {
    return this.#services?.reload(next) ?? this.#parts.settings;
  }

  /** Calling it twice is harmless. The next start resumes the open operations. */
  async stop(): Promise<void> {
    const release = this.#release.reverse();
    this.#release = [];
    this.#services = null;
    for (const each of release) await each();
  }

  /**
   * Waits a little for the toolstack to read the files, then looks at what is known. An operation resumed
   * before its file was read would not find its domain.
   *
   * @returns whether all files were read
   */
  async #readFirst({ configs }: Dom0State, { observer }: Dom0Services): Promise<boolean> {
    if (!configs.isReading) return true;
    const read = configs.settled().then(() => true);
    const isRead = await within(this.#context.host, FIRST_READING_MS, read);
    await observer.look();
    return isRead === true;
  }

  #resumeLate({ configs }: Dom0State, { observer }: Dom0Services, resume: () => Promise<void>): void {
    void configs
      .settled()
      .then(() => observer.look())
      .then(resume)
      .catch((error: unknown) => {
        this.#context.logger.error({ err: error }, 'dom0.not-resumed');
      });
  }
}
