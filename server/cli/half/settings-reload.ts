import { isDeepStrictEqual } from 'node:util';
import type { LoadedSettings } from '../../../config/settings-file.js';
import { problemText } from '../../../config/problem.js';
import type { HalfLogger } from '../../wire/logger.js';

interface LoggedSettings {
  readonly log: { readonly level: string };
}

type InForce<Settings> = Readonly<Record<keyof Settings, unknown>>;

/**
 * The settings file of a half, read again while it runs. `log` takes effect at once, and what the half can take. Anything
 * else waits for a restart, and is named until then. Settings with an error change nothing.
 */
export class SettingsReload<Settings extends LoggedSettings> {
  readonly #load: () => LoadedSettings<Settings>;
  readonly #take: (settings: Settings) => InForce<Settings>;
  readonly #log: HalfLogger;
  #refused = false;
  #waiting: readonly string[] = [];

  /** @param take gives the settings that are in force then. It throws an Error with a sentence when it takes none */
  constructor(
    load: () => LoadedSettings<Settings>,
    take: (settings: Settings) => InForce<Settings>,
    log: HalfLogger,
  ) {
    this.#load = load;
    this.#take = take;
    this.#log = log;
  }

  /** What an admin must see to, a sentence each. */
  get troubles(): readonly string[] {
    return [
      ...(this.#refused ? ['The settings file has errors: the settings of before are in force.'] : []),
      ...(this.#waiting.length === 0
        ? []
        : [`The settings have changed and wait for a restart: ${this.#waiting.join(', ')}.`]),
    ];
  }

  reload(): void {
    const loaded = this.#load();
    if (!loaded.ok) {
      this.#refuse(problemText(loaded.problems));
      return;
    }
    const wanted = loaded.settings;
    let inForce: InForce<Settings>;
    try {
      inForce = this.#take(wanted);
    } catch (error) {
      this.#refuse((error as Error).message);
      return;
    }
    this.#refused = false;
    this.#log.level = wanted.log.level;
    this.#waiting = (Object.keys(wanted) as (keyof Settings & string)[])
      .filter((key) => key !== 'log' && !isDeepStrictEqual(wanted[key], inForce[key]))
      .sort();
    this.#log.info({ logLevel: wanted.log.level }, 'settings.reloaded');
    if (this.#waiting.length > 0) this.#log.warn({ settings: this.#waiting }, 'settings.wait-for-restart');
  }

  #refuse(problems: string): void {
    this.#refused = true;
    this.#log.error({ problems }, 'settings.refused');
  }
}
