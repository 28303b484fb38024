import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GateSettings } from '../../../config/gate-settings.js';
import { loadPolicy } from '../../../config/policy-directory.js';
import { problemText } from '../../../config/problem.js';
import type { Policy } from '../../../policy/policy.js';
import { adminActor } from '../../gate/control/admin-actor.js';
import { Administration } from '../../gate/control/administration.js';
import { Dom0Client } from '../../gate/hosts/dom0-client.js';
import { readHostJournal } from '../../gate/hosts/host-journal.js';
import type { Method } from '../../gate/control/route.js';
import { DATABASE } from '../../store/state-directory.js';
import { StoreError } from '../../store/store-error.js';
import { Store } from '../../store/store.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { policyOfTexts } from './policy-files.js';

/** How long a host may take to answer. Milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Answers admins from the database while no gate runs, opened as its owner. The answers are those that the
 * gate would give.
 */
export class OwnDatabase {
  readonly #admin: string;
  readonly #store: Store;
  readonly #administration: Administration;

  /**
   * @param admin the asking admin's name, for the audit log
   * @throws StoreError when there is no database that can be opened
   */
  constructor(settings: GateSettings, admin: string) {
    const { state, hosts, policy } = settings;
    if (!existsSync(state))
      throw new StoreError(`there is no state directory ${state}: start the gate once, it makes it`);
    this.#admin = admin;
    this.#store = Store.open(join(state, DATABASE));
    this.#administration = Administration.ofDatabase(
      this.#store,
      settings,
      hosts.map(({ name, socket }) => ({
        name,
        journal: () => readHostJournal(new Dom0Client(socket, ANSWER_MS, new AbortController().signal)),
      })),
      () => policyFiles(policy),
      policyOfTexts,
      async () => new (await import('../../gate/ssh/host-keys.js')).HostKeys(settings),
    );
  }

  /** Answers a request of the control socket's API. */
  ask(method: Method, path: string, given: object): Promise<object> {
    const [bare = '', query] = path.split('?', 2);
    const all = { ...Object.fromEntries(new URLSearchParams(query)), ...given };
    const { signal } = new AbortController();
    return this.#administration.answer({
      method,
      path: bare,
      given: all,
      actor: adminActor(this.#admin),
      signal,
    });
  }

  /** Writes a copy of the database into a new file, and records it in the audit log. */
  async backup(file: string): Promise<void> {
    await this.#store.backup(file);
    this.#store.audit.append({ kind: 'backup.made', actor: adminActor(this.#admin), file });
  }

  close(): void {
    this.#store.close();
  }
}

function policyFiles(directory: string): Policy {
  const loaded = loadPolicy(directory);
  if (loaded.ok) return loaded.policy;
  throw new CliError(`the policy is not sound:\n${problemText(loaded.problems)}`, EXIT.failed);
}
