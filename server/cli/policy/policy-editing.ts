import { existsSync, lstatSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { GateSettings } from '../../../config/gate-settings.js';
import {
  inReadingOrder,
  policyFileNames,
  policyOf,
  readPolicyTexts,
} from '../../../config/policy-directory.js';
import type { LoadedPolicy, RefusedPolicy } from '../../../config/policy-document.js';
import { problemText } from '../../../config/problem.js';
import { Replacement, write } from '../../../config/replacement.js';
import { reason } from '../../wire/reason.js';
import { readTextFile } from '../../../config/text-file.js';
import { diffText } from '../../../policy/policy-diff.js';
import type { AdminClient } from '../admin/admin-client.js';
import type { Dialog } from '../command/dialog.js';
import { runEditor } from './editor.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { printableLines } from '../command/printable-lines.js';
import { POLICY_SCHEMA_FILE } from '../installation/place.js';
import { differenceTo, lastInForce } from './policy-in-force.js';

/** The beginning of a new file. */
const NEW_TEXT = `# yaml-language-server: $schema=${POLICY_SCHEMA_FILE}\n`;

/** The parts that an edit needs. */
interface PolicyEditParts {
  /** A path in the policy directory; the file need not exist yet. */
  readonly file: string;
  readonly client: AdminClient;
  readonly settings: GateSettings;
  readonly dialog: Dialog;
}

/**
 * Edits one policy file, on a copy beside it. The file changes in one step, after the whole policy is sound
 * with it and the admin has said yes. Typed text is never lost: a text that is not put in place is kept, and
 * the admin is told where.
 */
export class PolicyEditing {
  readonly #parts: PolicyEditParts;
  /** Hidden, so it is not read as a policy. It keeps the file's ending for the editor's sake. */
  readonly #copy: string;
  /** The file as it was when the admin began; null when it did not exist. */
  readonly #seen: string | null;
  #unchanged = false;

  constructor(parts: PolicyEditParts) {
    const { file } = parts;
    this.#parts = parts;
    const real = existsSync(file) ? realpathSync(file) : file;
    const ending = extname(real);
    this.#copy = join(dirname(real), `.${basename(real, ending)}.edit${ending}`);
    this.#seen = this.#onDisk();
  }

  /** @returns whether the file was changed @throws CliError when nothing was put in force */
  async run(): Promise<boolean> {
    this.#keepLeftover();
    this.#makeCopy();
    try {
      while ((await this.#edited()) === 'again') continue;
      return !this.#unchanged;
    } catch (error) {
      this.#keep();
      throw error;
    }
  }

  /** One round in the editor, and the admin's decision after it. */
  async #edited(): Promise<'again' | 'done'> {
    const { dialog } = this.#parts;
    dialog.pause();
    await runEditor(this.#copy);
    dialog.resume();
    const text = this.#typed();
    if (text === null) return this.#choose('[e]dit again or [q]uit? ', 'no file to put in place');
    if (text === (this.#seen ?? NEW_TEXT)) {
      process.stdout.write('nothing was changed\n');
      rmSync(this.#copy, { force: true });
      this.#unchanged = true;
      return 'done';
    }
    const after = this.#policyWith(text);
    process.stderr.write(problemText(after.warnings, 'warning'));
    if (!after.ok) {
      process.stderr.write(problemText(after.problems));
      return this.#choose('the policy is not sound with this: [e]dit again or [q]uit? ', 'not sound');
    }
    await this.#showDifference(after);
    const answer = await dialog.choose('put this in force? [y]es, [e]dit again or [q]uit? ', ['y', 'e', 'q']);
    if (answer === 'e') return 'again';
    if (answer !== 'y') throw new CliError('nothing was put in force', EXIT.refused);
    if (this.#onDisk() !== this.#seen) {
      const question = `${this.#parts.file} was changed meanwhile by somebody else: [e]dit again, [o]verwrite it or [q]uit? `;
      const over = await dialog.choose(question, ['e', 'o', 'q']);
      if (over === 'e') return 'again';
      if (over !== 'o') throw new CliError('nothing was put in force', EXIT.refused);
    }
    this.#putInPlace(text);
    return 'done';
  }

  async #showDifference(after: LoadedPolicy): Promise<void> {
    const { client, settings } = this.#parts;
    const before = await lastInForce(client, settings);
    if (before === null) return;
    const diff = await differenceTo(client, before.loaded.policy, after.policy);
    process.stdout.write(printableLines(`from revision ${before.revision}, in force:\n${diffText(diff)}`));
  }

  async #choose(question: string, why: string): Promise<'again'> {
    if ((await this.#parts.dialog.choose(question, ['e', 'q'])) === 'e') return 'again';
    throw new CliError(`nothing was put in force: ${why}`, EXIT.refused);
  }

  /** The policy on disk, with this text in place of the one file. */
  #policyWith(text: string): LoadedPolicy | RefusedPolicy {
    const { file, settings } = this.#parts;
    const texts = readPolicyTexts(settings.policy);
    const others = texts.sources.filter((source) => source.file !== file);
    const sources = [...others, { file, text }].sort((a, b) =>
      inReadingOrder(basename(a.file), basename(b.file)),
    );
    const problems = texts.problems.filter(({ place }) => !this.#isFirst(place.file));
    return policyOf({ ...texts, sources, problems });
  }

  /** Whether the problem is only that there is no policy yet. */
  #isFirst(path: string): boolean {
    const { settings } = this.#parts;
    return path === settings.policy && policyFileNames(path).length === 0;
  }

  #putInPlace(text: string): void {
    const { file, settings } = this.#parts;
    const [sibling] = policyFileNames(settings.policy);
    const like = sibling === undefined ? null : join(settings.policy, sibling);
    try {
      new Replacement(file, text, { like }).commit();
    } catch (error) {
      throw new CliError(`${file} is as it was: ${reason(error)}`);
    }
    rmSync(this.#copy, { force: true });
  }

  #makeCopy(): void {
    const { file } = this.#parts;
    try {
      write(this.#copy, Buffer.from(this.#seen ?? NEW_TEXT), statSync(file, { throwIfNoEntry: false }));
    } catch (error) {
      rmSync(this.#copy, { force: true });
      throw new CliError(`${file} cannot be edited: ${reason(error)}`);
    }
  }

  /** The text that the editor left. @returns null when it is no text; the admin has been told */
  #typed(): string | null {
    const read = readTextFile(this.#copy);
    if (read.ok) return read.source.text;
    process.stderr.write(problemText([read.problem]));
    return null;
  }

  #onDisk(): string | null {
    const { file } = this.#parts;
    if (!existsSync(file)) return null;
    const read = readTextFile(file);
    if (read.ok) return read.source.text;
    throw new CliError(problemText([read.problem]).trimEnd());
  }

  /**
   * Keeps the copy of an edit that was cut off, by a lost connection perhaps. Nobody else edits now, so it
   * belongs to nobody.
   */
  #keepLeftover(): void {
    if (lstatSync(this.#copy, { throwIfNoEntry: false }) === undefined) return;
    process.stderr.write(`an earlier edit was cut off: what was typed then is in ${this.#setAside()}\n`);
  }

  #keep(): void {
    const read = existsSync(this.#copy) ? readTextFile(this.#copy) : null;
    if (read === null || (read.ok && read.source.text === (this.#seen ?? NEW_TEXT))) {
      rmSync(this.#copy, { force: true });
      return;
    }
    process.stderr.write(`what you typed is in ${this.#setAside()}\n`);
  }

  /** Renames the copy to a name that is not read as a policy either. */
  #setAside(): string {
    const { file } = this.#parts;
    const time = new Date().toISOString().replaceAll(':', '-');
    const kept = join(dirname(this.#copy), `${basename(file)}.unsaved-${time}`);
    renameSync(this.#copy, kept);
    return kept;
  }
}
