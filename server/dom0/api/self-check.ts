import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { isRefusal } from '../../../policy/refusal.js';
import { checkFolder } from '../../wire/folder-check.js';
import { MOST_AS_ROOT } from '../../wire/host-check.js';
import type { HostCheck } from '../../wire/host-check.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Observer } from '../observation/observer.js';
import { SharedRun } from '../scheduling/shared-run.js';
import { within } from '../scheduling/time-limit.js';
import { presentable } from '../toolstack/reason.js';
import type { ToolstackSettings } from '../toolstack/toolstack-of.js';

/** A check waits this long for the toolstack, then reports that it did not answer. */
const PATIENCE_MS = 4_000;
/** Any value makes libxl run boot loaders as an unprivileged user (XSA-443). */
const RESTRICT = 'LIBXL_BOOTLOADER_RESTRICT';
/** The boot loader that reads a guest's file system in dom0. */
const PYGRUB = 'pygrub';

export interface SelfCheckParts {
  readonly settings: {
    readonly state: string;
    readonly toolstack: ToolstackSettings;
    readonly seeds: { readonly command: string; readonly xenstoreRead: string };
  };
  /** Whether any boot has a seed disk. */
  readonly isSeeding: () => boolean;
  /** Whether that of a profile has one: its rescue system tells its host key. */
  readonly isRescuing: () => boolean;
  readonly observer: Pick<Observer, 'age' | 'look' | 'list'>;
  readonly host: Pick<HostClock, 'after'>;
}

/** Tests what dom0 needs: the toolstack and the disk. Simultaneous callers share one test. */
export class SelfCheck {
  readonly #parts: SelfCheckParts;
  readonly #runs = new SharedRun(() => this.#try());

  constructor(parts: SelfCheckParts) {
    this.#parts = parts;
  }

  run(): Promise<HostCheck> {
    return this.#runs.get();
  }

  async #try(): Promise<HostCheck> {
    const { settings, observer } = this.#parts;
    const isSeeding = this.#parts.isSeeding();
    const isRescuing = this.#parts.isRescuing();
    const { command, xenstoreRead } = settings.seeds;
    const [problem, folder, noSeeds, noKeys] = await Promise.all([
      this.#ask(),
      checkFolder('state directory', settings.state),
      isSeeding ? missing(command, 'boots with a seed disk need it: apt install xorriso') : null,
      isRescuing ? missing(xenstoreRead, 'only it reads them: apt install xenstore-utils') : null,
    ]);
    const { age } = observer;
    return {
      toolstack: { age: age === null ? null : Math.max(age, 0) / 1000, problem },
      folders: [folder],
      bootloaderAsRoot: this.#asRoot(),
      ...(isSeeding ? { seeds: { problem: noSeeds } } : {}),
      ...(isRescuing ? { rescueHostKeys: { problem: noKeys } } : {}),
    };
  }

  /** @returns why the toolstack did not answer; null when it did */
  async #ask(): Promise<string | null> {
    const { observer, host } = this.#parts;
    const looked = observer.look().then(
      (refused) => ({ problem: isRefusal(refused) ? presentable(refused.detail) : null }),
      (error: unknown) => ({ problem: presentable(String(error)) }),
    );
    const answer = await within(host, PATIENCE_MS, looked);
    return answer === null ? `no answer within ${PATIENCE_MS / 1000} s` : answer.problem;
  }

  #asRoot(): HostCheck['bootloaderAsRoot'] {
    const { kind, environment } = this.#parts.settings.toolstack;
    if (kind === 'xl' && environment[RESTRICT] !== undefined) return [];
    return this.#parts.observer
      .list()
      .filter(({ config }) => basename(config.boot.bootloader ?? '') === PYGRUB)
      .map(({ name }) => name)
      .slice(0, MOST_AS_ROOT);
  }
}

/** @returns that a program cannot be run, and why that matters; null when it can */
async function missing(command: string, why: string): Promise<string | null> {
  return access(command, constants.X_OK).then(
    () => null,
    () => `${basename(command)} cannot be run, and ${why}`,
  );
}
