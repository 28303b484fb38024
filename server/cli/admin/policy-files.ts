import { join } from 'node:path';
import { loadAccepted, saveAccepted } from '../../../config/accepted-policy.js';
import { loadPolicy } from '../../../config/policy-directory.js';
import { readPolicy } from '../../../config/policy-document.js';
import type { LoadedPolicy, PolicySource as PolicyText } from '../../../config/policy-document.js';
import { problemText } from '../../../config/problem.js';
import type { Policy } from '../../../policy/policy.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Logger } from '../../wire/logger.js';
import type { LoadResult, PolicySource } from '../../gate/policy/policy-holder.js';
import type { EventActor } from '../../store/audit-actor.js';

/** The directory of the accepted policies, below the gate's state directory. */
export function acceptedDirectory(state: string): string {
  return join(state, 'policy-accepted');
}

/**
 * Reads a policy from the texts of its files, for an admin's question.
 *
 * @returns a refusal when it is not sound
 */
export function policyOfTexts(files: readonly PolicyText[]): Policy | Refusal {
  const read = readPolicy(files);
  return read.ok ? read.policy : refusal('usage', `the policy is not sound:\n${problemText(read.problems)}`);
}

/** Reads the policy directory, and keeps accepted policies in the state directory. */
export class PolicyFiles implements PolicySource {
  readonly #directory: string;
  readonly #accepted: string;
  readonly #log: Logger;
  #read: LoadedPolicy | undefined;
  #inForce: LoadedPolicy | undefined;
  #lastAccepted: LoadedPolicy | undefined;

  /**
   * @param directory the policy directory of the settings
   * @param state the gate's state directory
   */
  constructor(directory: string, state: string, log: Logger) {
    this.#directory = directory;
    this.#accepted = acceptedDirectory(state);
    this.#log = log;
  }

  load(): LoadResult {
    const loaded = loadPolicy(this.#directory);
    if (loaded.warnings.length > 0) {
      this.#log.warn({ warnings: problemText(loaded.warnings, 'warning') }, 'policy.warnings');
    }
    if (!loaded.ok)
      return { ok: false, problems: loaded.problems.map((problem) => problemText([problem]).trimEnd()) };
    this.#read = loaded;
    return { ok: true, policy: loaded.policy, digest: loaded.digest };
  }

  lastAccepted(): ReturnType<PolicySource['lastAccepted']> {
    const { accepted, passedOver } = loadAccepted(this.#accepted);
    for (const { entry, why } of passedOver) {
      this.#log.error({ entry, why }, 'policy.copy-passed-over');
    }
    if (accepted === null) return null;
    const { policy, digest } = accepted.loaded;
    this.#lastAccepted = accepted.loaded;
    return { policy, digest, revision: accepted.revision };
  }

  /** The texts of a policy that was read here. @throws Error when it was not */
  sent(digest: string): readonly PolicyText[] {
    for (const read of [this.#read, this.#inForce, this.#lastAccepted])
      if (read?.digest === digest) return read.sources;
    throw new Error('this policy was not read here');
  }

  keep(revision: number, digest: string, actor: EventActor | null): void {
    if (this.#read?.digest !== digest) throw new Error('another policy was read last');
    this.#inForce = this.#read;
    const by = actor !== null && 'admin' in actor ? actor.admin : null;
    saveAccepted(this.#accepted, this.#read, revision, { by });
  }
}
