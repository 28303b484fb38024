import { join } from 'node:path';
import { DirectoryError } from '../wire/make-directory.js';
import { DomainConfigs } from './config/domain-configs.js';
import type { ForeignFiles } from './config/foreign-files.js';
import type { Dom0Context } from './dom0-context.js';
import { KnownNames } from './observation/known-names.js';
import { KnownStates } from './observation/known-states.js';
import { Journal } from './operations/journal.js';
import { OperationRegistry } from './operations/operation-registry.js';
import { lockState } from './state/state-lock.js';

/** What the half knows of the time before its start, read from its state directory. One half has it at a time. */
export class Dom0State {
  readonly journal: Journal;
  readonly registry: OperationRegistry;
  readonly configs: DomainConfigs;
  /** Through which the configuration files are read. */
  readonly configFiles: ForeignFiles;
  readonly names: KnownNames;
  readonly states: KnownStates;

  constructor(opened: Pick<Dom0State, keyof Dom0State>) {
    this.journal = opened.journal;
    this.registry = opened.registry;
    this.configs = opened.configs;
    this.configFiles = opened.configFiles;
    this.names = opened.names;
    this.states = opened.states;
  }

  /**
   * Takes the directory and reads it.
   *
   * @param release gets a function for each thing that is open, in the order of opening, also when it throws
   * @param readLate called when records of the journal are read after this call, once they are in the registry
   */
  static async open(
    context: Dom0Context,
    release: (() => void | Promise<void>)[],
    readLate: () => void,
  ): Promise<Dom0State> {
    const { settings, clock, host, disk, logger, toolstack } = context;
    await makeDirectory(context);
    release.push(await lockState(settings.state));
    const registry = new OperationRegistry(settings.limits);
    const { journal, records } = await Journal.open(
      settings.state,
      (found) => OperationRegistry.condense(found, registry.counts.settings),
      {
        logger,
        clock,
        host,
        disk,
        readLate: (read) => {
          for (const record of read) registry.take(record);
          readLate();
        },
      },
    );
    release.push(() => journal.close());
    for (const record of records) registry.take(record);
    const configFiles = context.foreignFiles();
    const kept = { file: join(settings.state, 'configs.json'), disk };
    const configs = new DomainConfigs(settings, { toolstack, files: configFiles, logger, host, kept });
    await configs.open();
    release.push(() => configs.close());
    const names = await KnownNames.open(join(settings.state, 'names.json'), logger, disk);
    release.push(() => names.close());
    const states = await KnownStates.open({
      boot: host.boot,
      logger,
      kept: { file: join(settings.state, 'states.json'), disk },
    });
    release.push(() => states.close());
    return new Dom0State({ journal, registry, configs, configFiles, names, states });
  }
}

/** With a full or read-only disk the list, the consoles and the log must still work. */
async function makeDirectory({ settings, disk, logger }: Dom0Context): Promise<void> {
  try {
    await disk.makeFolder(settings.state);
  } catch (error) {
    if (error instanceof DirectoryError)
      throw new Error(`the state directory ${error.message}`, { cause: error });
    logger.error({ err: error, state: settings.state }, 'state.unwritable');
  }
}
