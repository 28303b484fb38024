import type { LoadedSettings } from '../../../config/settings-file.js';
import { problemText } from '../../../config/problem.js';
import type { HalfLogger } from '../../wire/logger.js';

interface LoggedSettings {
  readonly log: { readonly level: string };
}

/**
 * The settings file of a half, read again while it runs. `log` takes effect at once. Anything else waits for a restart,
 * and is named until then. Settings with an error change nothing.
 */
export class SettingsReload<Settings extends LoggedSettings> {
  readonly #load: () => LoadedSettings<Settings>;
  readonly #inForce: Settings;
  readonly #log: HalfLogger;
  #refused = false;
  #waiting: readonly string[] = [];

  /** @param inForce what the half started with */
  constructor(load: () => LoadedSettings<Settings>, inForce: Settings, log: HalfLogger) {
    this.#load = load;
    this.#inForce = inForce;
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
    this.#refused = !loaded.ok;
    if (!loaded.ok) {
      this.#log.error({ problems: problemText(loaded.problems) }, 'settings.refused');
      return;
    }
    const { log, ...others } = loaded.settings;
    this.#log.level = log.level;
    const before = this.#inForce as Readonly<Record<string, unknown>>;
    const after = others as Readonly<Record<string, unknown>>;
    this.#waiting = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((key) => key !== 'log' && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      .sort();
    this.#log.info({ logLevel: log.level }, 'settings.reloaded');
    if (this.#waiting.length > 0) this.#log.warn({ settings: this.#waiting }, 'settings.wait-for-restart');
  }
}
