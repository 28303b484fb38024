import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { adminNoun, exampleText, say } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { DOM0_SETTINGS } from '../command/settings-option.js';
import { RESCUE_IMAGES } from '../installation/host-findings.js';
import { diagnosisText } from '../installation/diagnosis.js';
import { SUITES } from './manifest.js';
import type { Suite } from './manifest.js';

interface BuildOptions {
  readonly suite: Suite;
  readonly output: string;
  readonly mirror: readonly string[];
  readonly small?: true;
  readonly json?: true;
}

interface CheckOptions {
  readonly dom0Settings?: string;
  readonly json?: true;
}

/** Adds `postern rescue-image`. */
export function addRescueImageCommand(program: Command): void {
  const image = adminNoun(
    program,
    'rescue-image',
    'Build and check the rescue system that customers boot: kernel, initramfs and a read-only disk of Debian packages.',
    ['postern rescue-image build', 'postern rescue-image check'],
  );
  image
    .command('build')
    .description(
      'Build an image, and put it in the place of the present one when it is complete. Takes some minutes. Prints the profile for dom0.yaml.',
    )
    .addOption(
      new Option('--suite <name>', "Debian's name of the release").choices(SUITES).default(SUITES[0]),
    )
    .option('--output <directory>', 'where the images are kept', RESCUE_IMAGES)
    .option(
      '--mirror <url>',
      "a mirror of Debian, or a whole line for apt's sources; again for more; deb.debian.org with its updates when not given",
      more,
      [],
    )
    .option('--small', 'leave out what is not needed to start, mount and log in')
    .option('--json', 'print the manifest as JSON')
    .addHelpText(
      'after',
      exampleText([
        'postern rescue-image build',
        'postern rescue-image build --suite bookworm --output /srv/xen/rescue-12',
        'postern rescue-image build --mirror http://debian.example.net/debian',
      ]),
    )
    .action(build);
  image
    .command('check')
    .argument('[directory]', `a directory with an image; those of the profiles when not given`)
    .description(
      'Check that the files of an image belong together, its age, and what the profiles of dom0.yaml name. Exit status 1 when something fails.',
    )
    .option('--dom0-settings <file>', `the dom0 half's settings; looked for at ${DOM0_SETTINGS}`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      exampleText(['postern rescue-image check', `postern rescue-image check ${RESCUE_IMAGES}/current`]),
    )
    .action(check);
}

async function build({ suite, output, mirror, small, json }: BuildOptions): Promise<void> {
  const path = resolve(output);
  // The shell scripts and xl's disk specifications take no others.
  if (!/^[A-Za-z0-9/._+-]+$/.test(path)) {
    throw new CliError(
      `${JSON.stringify(path)} cannot be the directory: use letters, digits and / . _ + - only`,
      EXIT.usage,
    );
  }
  if (process.arch !== 'x64') {
    throw new CliError('an image is built on amd64, as the guests of Xen are', EXIT.refused);
  }
  // Imported only when it builds.
  const { ImageDirectory } = await import('./image-directory.js');
  const { runBuilder } = await import('./builder.js');
  const { profileText } = await import('./profile-text.js');
  const images = new ImageDirectory(path);
  const asked = { suite, size: small === true ? 'small' : 'full', mirrors: mirror } as const;
  process.stderr.write(`building a rescue system of Debian ${suite}; this takes some minutes\n`);
  const manifest = await images.add(asked, runBuilder, Date.now());
  const count = Object.keys(manifest.packages).length;
  const mib = Math.round(Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20);
  say(
    json === true ? { json } : {},
    { ...manifest, directory: images.current },
    `${images.current} has the rescue system: Debian ${suite}, ${count} packages, ${mib} MiB.
For profiles: in ${DOM0_SETTINGS}, if it is not there yet:

${profileText(images.current)}`,
  );
}

async function check(directory: string | undefined, options: CheckOptions): Promise<void> {
  const { checkImage } = await import('./image-check.js');
  const { checkProfiles } = await import('./profile-checks.js');
  const { loadDom0Settings } = await import('../../../config/dom0-settings.js');
  const { valid } = await import('../command/settings-option.js');
  const now = Date.now();
  const settings = options.dom0Settings ?? (existsSync(DOM0_SETTINGS) ? DOM0_SETTINGS : undefined);
  if (directory === undefined && settings === undefined) {
    throw new CliError(
      `there is no ${DOM0_SETTINGS}: name a directory with an image, or the settings with --dom0-settings`,
      EXIT.usage,
    );
  }
  const found =
    directory === undefined
      ? await checkProfiles(valid(loadDom0Settings(settings ?? DOM0_SETTINGS)), now)
      : await checkImage(resolve(directory), now);
  const failed = found.some(({ level }) => level === 'fail');
  say(options, { ok: !failed, found }, diagnosisText(found));
  if (failed) process.exitCode = EXIT.failed;
}

/** @throws CliError for what mmdebstrap would take for an option or a file */
function more(value: string, before: readonly string[]): readonly string[] {
  if (!/^(?:(?:https?|file|copy):\/[!-~]+|deb [ -~]+)$/.test(value)) {
    throw new CliError(
      `${JSON.stringify(value)} is no mirror: give a URL, like http://deb.debian.org/debian, or a line that begins with "deb "`,
      EXIT.usage,
    );
  }
  return [...before, value];
}
