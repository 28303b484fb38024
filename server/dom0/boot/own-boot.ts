import type { ParameterValues } from '../../../policy/boot-parameter.js';
import { isPrintable } from '../../../policy/printable.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { BootShape } from '../toolstack/toolstack.js';
import type { ProfileBoot } from './boot-plan.js';
import { filledLine, valuesIn } from './command-line.js';
import type { CommandLine } from './command-line.js';
import { typeOf } from './profile-fit.js';

/** Boots the domain's own kernel with more words, or another kernel of the host's in its place. */
export interface OwnBoot extends CommandLine {
  /** In place of the domain's own; null keeps its own kernel and ramdisk. */
  readonly kernel: string | null;
  /** Goes with `kernel`. */
  readonly ramdisk: string | null;
}

/** The keys from which the toolstack makes the command line. We give all of it as `extra`. */
const COMMAND_LINE_KEYS = ['cmdline', 'root'];

/**
 * The domain's own boot with the profile's words at the end of its own command line.
 *
 * @param grubImages PV-GRUB images that the settings name
 * @returns a refusal when a boot loader chooses the kernel, because then the toolstack has no command line to
 *   add to
 */
export function ownBoot(
  profile: OwnBoot,
  domain: DomainConfig,
  parameters: ParameterValues,
  grubImages: ReadonlySet<string>,
): ProfileBoot | Refusal {
  const no = bootLoaderOf(domain, grubImages);
  if (no !== null) return no;
  const words = filledLine(profile, domain.name, parameters);
  if (isRefusal(words)) return words;
  const cmdline = joined(domain.boot.cmdline, words);
  if (!isPrintable(cmdline))
    return refusal(
      'not-on-this-host',
      "This server's own boot cannot be given more words. Ask the host's operators.",
      'its own command line has a character that does not print',
    );
  const { kernel, ramdisk } = profile;
  return {
    without: [...COMMAND_LINE_KEYS, ...(kernel !== null && ramdisk === null ? ['ramdisk'] : [])],
    overrides: [
      ...(kernel === null ? [] : [{ key: 'kernel', value: kernel }]),
      ...(ramdisk === null ? [] : [{ key: 'ramdisk', value: ramdisk }]),
      { key: 'extra', value: cmdline },
    ],
    shape: {
      ...(kernel === null ? {} : { kernel, ramdisk }),
      cmdline: cmdline === '' ? null : cmdline,
    },
    disks: domain.boot.disks,
  };
}

/** The values with which the profile gives a running domain's command line; undefined when none do. */
export function ownValuesIn(
  { extra }: OwnBoot,
  domain: DomainConfig,
  shown: BootShape,
): ParameterValues | undefined {
  const own = joined(domain.boot.cmdline, '');
  const line = shown.cmdline ?? '';
  if (own === '') return valuesIn(extra, domain.name, line);
  if (line === own) return valuesIn(extra, domain.name, '');
  return line.startsWith(`${own} `) ? valuesIn(extra, domain.name, line.slice(own.length + 1)) : undefined;
}

function joined(own: string | null, words: string): string {
  return [own ?? '', words].filter((part) => part !== '').join(' ');
}

/**
 * A kernel's file name is all that tells PV-GRUB from a kernel: the images of Debian, of Xen and of most
 * hosts have `grub` in it.
 */
const GRUB_IMAGE = /grub[^/]*$/i;

/** How to do in GRUB what the profile would do. @returns null when the toolstack itself loads a kernel */
function bootLoaderOf(domain: DomainConfig, grubImages: ReadonlySet<string>): Refusal | null {
  const { kernel, bootloader } = domain.boot;
  const type = typeOf(domain.guest);
  const why =
    type === 'hvm'
      ? 'its firmware boots its disk'
      : bootloader !== null
        ? `bootloader = ${bootloader}`
        : kernel === null
          ? 'it has no kernel in its configuration file'
          : GRUB_IMAGE.test(kernel) || grubImages.has(kernel)
            ? `${kernel} is an image of GRUB`
            : null;
  return why === null ? null : refusal('not-on-this-host', CHOOSE_IN_GRUB, why);
}

const CHOOSE_IN_GRUB =
  'This server has a boot loader of its own: choose it in GRUB. Reboot, open the console, and press an arrow key when its menu shows. Press e, add the word (such as single) to the end of the line that begins with linux, then press Ctrl-X.';
