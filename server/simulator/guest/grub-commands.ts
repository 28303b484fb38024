import { existsSync } from 'node:fs';
import type { DiskConfig } from '../config/domain-config.js';
import type { GrubEntry } from './grub-config.js';
import { diskPath, imageRole, type LoadedKernel } from './loaded-kernel.js';

/** The outcome of a command: text (maybe none), a kernel to start, another menu, or power off and reboot. */
export type GrubOutcome =
  | { readonly say: string }
  | { readonly boot: LoadedKernel }
  | { readonly menu: string; readonly disk: DiskConfig }
  | { readonly power: 'reboot' | 'poweroff' };

/**
 * GRUB's commands, as far as a small guest needs them. It remembers settings and the
 * loaded kernel between them.
 */
export class GrubCommands {
  readonly #disks: readonly DiskConfig[];
  #root: DiskConfig | undefined;
  #kernel: LoadedKernel | undefined;

  /** @param root the disk for paths without a device */
  constructor(disks: readonly DiskConfig[], root: DiskConfig | undefined) {
    this.#disks = disks;
    this.#root = root;
  }

  /**
   * Runs the commands of an entry up to the first that fails or leads elsewhere. After the last
   * it boots the loaded kernel.
   */
  runEntry(entry: GrubEntry): GrubOutcome {
    for (const words of entry.commands) {
      const outcome = this.run(words);
      if (!('say' in outcome) || outcome.say !== '') return outcome;
    }
    return this.run(['boot']);
  }

  run([command = '', ...args]: readonly string[]): GrubOutcome {
    const [first = ''] = args;
    switch (command) {
      case 'set':
        return this.run([first]);
      case 'linux':
        return this.#load(first, args.slice(1));
      case 'initrd':
        if (!this.#kernel) return failed('you need to load the kernel first');
        return this.#find(first) === undefined ? notFound(first) : { say: '' };
      case 'boot':
        return this.#kernel ? { boot: this.#kernel } : failed('you need to load the kernel first');
      case 'configfile': {
        const found = this.#find(first);
        return found ? { menu: found.path, disk: found.disk } : notFound(first);
      }
      case 'ls':
        return { say: `${this.#disks.map(({ device }) => `(xen/${device}) `).join('')}\n` };
      case 'reboot':
        return { power: 'reboot' };
      case 'halt':
        return { power: 'poweroff' };
      case '':
      case 'echo':
      case 'insmod':
      case 'search':
        return { say: '' };
      default:
        if (command.startsWith('root=')) this.#root = this.#disk(command.slice('root='.length));
        if (/^\w+=/.test(command)) return { say: '' };
        return failed(`can't find command \`${command}'`);
    }
  }

  #load(path: string, args: readonly string[]): GrubOutcome {
    const found = this.#find(path);
    if (!found) return notFound(path);
    const role = imageRole(diskPath(found.disk, found.path));
    this.#kernel = { role, commandLine: args.join(' '), disk: found.disk };
    return { say: '' };
  }

  /** @returns undefined when there is no such disk, or no such file on it. */
  #find(path: string): { disk: DiskConfig; path: string } | undefined {
    const [, device, inside = ''] = /^(?:\(([^)]*)\))?(\/.*)$/.exec(path) ?? [];
    const disk = device === undefined ? this.#root : this.#disk(device);
    return disk && existsSync(diskPath(disk, inside)) ? { disk, path: inside } : undefined;
  }

  /** `xen/xvda`, or `hd0` for the first. */
  #disk(name: string): DiskConfig | undefined {
    const number = /^hd(\d+)/.exec(name)?.[1];
    if (number !== undefined) return this.#disks[Number(number)];
    return this.#disks.find(({ device }) => `xen/${device}` === name);
  }
}

function failed(what: string): GrubOutcome {
  return { say: `error: ${what}.\n` };
}

function notFound(path: string): GrubOutcome {
  return failed(`file \`${path.replace(/^\([^)]*\)/, '')}' not found`);
}
