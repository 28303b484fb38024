import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import { GUEST_TYPES } from '../../../policy/guest-type.js';
import type { GuestType } from '../../../policy/guest-type.js';
import { parseImageName } from '../../../policy/names.js';
import type { ImageName } from '../../../policy/names.js';
import { printable } from '../../../policy/printable.js';
import { SEED_KEYS } from '../../wire/seed-key.js';
import type { SeedKeys } from '../../wire/seed-key.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { adminNoun, exampleText, say } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { DOM0_SETTINGS } from '../command/settings-option.js';
import { diagnosisText } from '../installation/diagnosis.js';
import type { Proof } from './addition.js';

/** Where images are kept when no other directory is named. */
const DIRECTORY = '/srv/xen/images';
const GIB = 1024 ** 3;
const MOST_GIB = 64;

interface AddOptions {
  readonly sha256?: string;
  readonly sha512?: string;
  readonly sums?: string;
  readonly title?: string;
  readonly seed: SeedKeys | 'none';
  readonly types?: readonly GuestType[];
  readonly directory: string;
  readonly limit: number;
  readonly replace?: true;
  readonly json?: true;
}

interface SettingsOptions {
  readonly dom0Settings?: string;
  readonly directory: string;
  readonly json?: true;
}

/** Adds `postern image`. */
export function addImageCommand(program: Command): void {
  const image = adminNoun(
    program,
    'image',
    'Add, check and remove the system images that customers may write over their first disk (reinstall). On the Xen host.',
    ['postern image add debian-13 ./debian-13-generic-amd64.qcow2 --sums ./SHA512SUMS', 'postern image list'],
  );
  addAdd(image);
  withSettings(
    image
      .command('list')
      .description('List the images of dom0.yaml, and those in the directory that it does not name.'),
    ['postern image list', 'postern image list --json'],
  ).action(list);
  withSettings(
    image
      .command('check')
      .argument('[name]', 'an image of dom0.yaml; all when not given')
      .description(
        'Read the images of dom0.yaml, and compare their sums as a reinstallation does. Exit status 1 when something fails.',
      ),
    ['postern image check', 'postern image check debian-13'],
  ).action(check);
  withSettings(
    image
      .command('remove')
      .argument('<name>', 'the name that the image was added with')
      .description('Remove an image from the directory. Refused while dom0.yaml names it.'),
    ['postern image remove debian-12'],
  ).action(remove);
}

function addAdd(image: Command): void {
  image
    .command('add')
    .argument('<name>', 'its name for customers: small letters, digits and -')
    .argument('<source>', 'a file, or an https URL')
    .description(
      'Fetch or copy an image, compare its sum, and unpack it to a raw one: raw, qcow2, .xz, .gz, .zst, and a tar archive with disk.raw in it. Prints the entry for dom0.yaml.',
    )
    .option('--sha256 <sum>', 'the SHA-256 of the source')
    .option('--sha512 <sum>', 'the SHA-512 of the source')
    .option('--sums <source>', 'a SHA256SUMS or SHA512SUMS that has it: a file, or an https URL')
    .option('--title <text>', 'a few words for customers; made from the name when not given')
    .addOption(
      new Option('--seed <whose>', 'whose keys the new system lets in')
        .choices([...SEED_KEYS, 'none'])
        .default('asker'),
    )
    .option('--types <list>', 'the types of guests that can run it, as pv,pvh; all when not given', types)
    .option('--directory <directory>', 'where the images are kept', DIRECTORY)
    .option('--limit <GiB>', 'the largest image', gibibytes, MOST_GIB)
    .option('--replace', 'put it in the place of the image of this name')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText([
        'postern image add debian-13 ./debian-13-generic-amd64.tar.xz --sums ./SHA512SUMS',
        'postern image add debian-13 https://images.example.net/debian-13.qcow2 --sums https://images.example.net/SHA512SUMS',
        'postern image add alpine ./alpine.raw.zst --sha256 3f0d… --title "Alpine Linux" --types pvh,hvm --seed none',
      ]),
    )
    .action(add);
}

function withSettings(command: Command, examples: readonly string[]): Command {
  return command
    .option('--dom0-settings <file>', `the dom0 half's settings; looked for at ${DOM0_SETTINGS}`)
    .option('--directory <directory>', 'where the images are kept', DIRECTORY)
    .option('--json', 'print JSON')
    .addHelpText('after', exampleText(examples));
}

async function add(nameText: string, sourceText: string, options: AddOptions): Promise<void> {
  const name = imageName(nameText);
  const directory = directoryOf(options.directory);
  // Imported only when it adds.
  const { ImageSource } = await import('./image-source.js');
  const { ImageStore } = await import('./image-store.js');
  const { addImage } = await import('./addition.js');
  const { entryText, minimumMiB, titleOf } = await import('./image-entry.js');
  const { Progress } = await import('./progress.js');
  const title = titled(options.title ?? titleOf(name));
  const request = {
    name,
    source: new ImageSource(sourceText),
    proof: await proofOf(options),
    isReplacing: options.replace === true,
    mostBytes: options.limit * GIB,
  };
  const controller = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    controller.abort(new CliError(`the image was not added (${signal}), and nothing of it was kept`));
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  try {
    const stored = await addImage(request, new ImageStore(directory), new Progress(), controller.signal);
    const { seed } = options;
    const entry = entryText(name, stored, {
      title,
      seed: seed === 'none' ? null : seed,
      types: options.types ?? [],
    });
    say(
      options,
      { name, ...stored, minimumMiB: minimumMiB(stored.bytes), entry },
      `${stored.file} has the image: ${minimumMiB(stored.bytes)} MiB.
For images: in ${DOM0_SETTINGS}${options.replace === true ? ', in the place of the entry before' : ''}; then systemctl reload postern-dom0:

${entry}`,
    );
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

async function list(options: SettingsOptions): Promise<void> {
  const { listed } = await import('./image-list.js');
  const { ImageStore } = await import('./image-store.js');
  const { shortTime, table } = await import('../command/table.js');
  const { bytesWord } = await import('../../../menus/operation-words.js');
  const rows = await listed(await settingsOf(options), new ImageStore(directoryOf(options.directory)));
  say(
    options,
    rows,
    table(
      ['NAME', 'STATE', 'SIZE', 'CHANGED (UTC)', 'FILE', 'TITLE'],
      rows.map(({ name, state, bytes, changed, file, title }) => [
        name,
        state,
        bytes === null ? '-' : bytesWord(bytes),
        changed === null ? '-' : shortTime(changed),
        file,
        title ?? '-',
      ]),
      'There is no image: postern image add --help.',
    ),
  );
}

async function check(nameText: string | undefined, options: SettingsOptions): Promise<void> {
  const { checkImageSums } = await import('./image-checks.js');
  const { Progress } = await import('./progress.js');
  const { images } = await settingsOf(options);
  const chosen = Object.entries(images).filter(([name]) => nameText === undefined || name === nameText);
  if (chosen.length === 0 && nameText !== undefined)
    throw new CliError(
      `the settings have no image ${JSON.stringify(nameText)}: postern image list shows what they have`,
      EXIT.noSuch,
    );
  const progress = new Progress();
  const found = await checkImageSums(chosen, (name, done, total) => {
    progress.bytes(`reading ${name}`, done, total);
  });
  progress.end();
  const failed = found.some(({ level }) => level === 'fail');
  say(options, { ok: !failed, found }, diagnosisText(found));
  if (failed) process.exitCode = EXIT.failed;
}

async function remove(nameText: string, options: SettingsOptions): Promise<void> {
  const name = imageName(nameText);
  const { ImageStore } = await import('./image-store.js');
  const { namedAs } = await import('./image-list.js');
  const store = new ImageStore(directoryOf(options.directory));
  const file = store.file(name);
  if (options.dom0Settings !== undefined || existsSync(DOM0_SETTINGS)) {
    const entry = await namedAs(await settingsOf(options), name, file);
    if (entry !== null)
      throw new CliError(
        `${entry} in the settings names the image: take it out, say systemctl reload postern-dom0, and then remove it`,
        EXIT.refused,
      );
  }
  await store.remove(name);
  say(options, { name, file }, `${file} is removed.\n`);
}

/** @throws CliError when there are none, or they cannot be used */
async function settingsOf({ dom0Settings }: SettingsOptions): Promise<Dom0Settings> {
  if (dom0Settings === undefined && !existsSync(DOM0_SETTINGS))
    throw new CliError(
      `there is no ${DOM0_SETTINGS}: run this on the Xen host, or name the settings with --dom0-settings`,
      EXIT.usage,
    );
  const { loadDom0Settings } = await import('../../../config/dom0-settings.js');
  const { valid } = await import('../command/settings-option.js');
  return valid(loadDom0Settings(dom0Settings ?? DOM0_SETTINGS));
}

async function proofOf({ sha256, sha512, sums }: AddOptions): Promise<Proof> {
  if ([sha256, sha512, sums].filter((one) => one !== undefined).length > 1)
    throw new CliError('give one of --sha256, --sha512 and --sums', EXIT.usage);
  const { parseChecksum } = await import('./checksum.js');
  if (sha256 !== undefined) return parseChecksum(sha256, 'sha256');
  if (sha512 !== undefined) return parseChecksum(sha512, 'sha512');
  if (sums === undefined) return null;
  const { ImageSource } = await import('./image-source.js');
  return { sums: new ImageSource(sums) };
}

function imageName(text: string): ImageName {
  const name = parseImageName(text);
  if (name !== undefined) return name;
  throw new CliError(
    `${JSON.stringify(text)} cannot be the name of an image: small letters, digits and -, beginning with a letter, at most 32`,
    EXIT.usage,
  );
}

function directoryOf(text: string): string {
  const path = resolve(text);
  if (printable(path) === path) return path;
  throw new CliError(`${JSON.stringify(path)} cannot be the directory: name a printable one`, EXIT.usage);
}

function titled(text: string): string {
  if (text.trim() !== '' && text.length <= TEXT_LIMITS.title && printable(text) === text) return text;
  throw new CliError(
    `--title: give at most ${TEXT_LIMITS.title} printable characters in one line`,
    EXIT.usage,
  );
}

function types(text: string): readonly GuestType[] {
  const given = text.split(',');
  const known = GUEST_TYPES.filter((type) => given.includes(type));
  if (known.length !== given.length)
    throw new InvalidArgumentError(`Give some of ${GUEST_TYPES.join(', ')}.`);
  return known;
}

function gibibytes(text: string): number {
  const count = Number(text);
  if (!/^\d{1,5}$/.test(text) || count === 0)
    throw new InvalidArgumentError('Give a whole number of GiB, from 1 to 99999.');
  return count;
}
