import type { DiskConfig } from '../config/domain-config.js';
import type { GuestClock } from './clock.js';
import { GrubCommands, type GrubOutcome } from './grub-commands.js';
import { parseGrubConfig, wordsOf, type GrubMenu } from './grub-config.js';
import {
  booting,
  CLEAR,
  countdown,
  menuRow,
  menuRows,
  menuScreen,
  noCountdown,
  PROMPT_SCREEN,
  VISIBLE_ENTRIES,
  WELCOME,
} from './grub-screen.js';
import { readDiskFile, type LoadedKernel } from './loaded-kernel.js';

/** What the guest gives to PV-GRUB. */
interface GrubMachine {
  readonly disks: readonly DiskConfig[];
  readonly clock: GuestClock;
  readonly print: (text: string) => void;
  boot(kernel: LoadedKernel): void;
  power(action: 'reboot' | 'poweroff'): void;
}

/** The menu files that PV-GRUB looks for, on each disk in turn. */
const CONFIGS = ['/boot/grub/grub.cfg', '/grub/grub.cfg'];
/** An escape with nothing after it within this time is the key itself. */
const ESCAPE_MILLISECONDS = 100;
const SECOND = 1000;
const PAUSE_SECONDS = 10;
const PROMPT = 'grub> ';

interface Place {
  readonly menu: GrubMenu;
  readonly disk: DiskConfig;
  chosen: number;
  first: number;
}

/**
 * PV-GRUB: the menu of the first disk that has one, or a prompt. It uses real time, whatever the speed of the
 * clock, because people must be able to choose by keys.
 */
export class Grub {
  readonly #machine: GrubMachine;
  readonly #places: Place[] = [];
  #commands: GrubCommands;
  #mode: 'menu' | 'prompt' | 'pause' | 'over' = 'menu';
  #line = '';
  #escape = '';
  #cancel: (() => void) | undefined;
  #cancelEscape: (() => void) | undefined;

  constructor(machine: GrubMachine) {
    this.#machine = machine;
    this.#commands = new GrubCommands(machine.disks, machine.disks[0]);
  }

  start(): void {
    const { disks, print } = this.#machine;
    print(
      `${WELCOME}error: no such device: /boot/xen/pvboot-x86_64.elf.\nerror: no such device: /xen/pvboot-x86_64.elf.\n`,
    );
    for (const path of CONFIGS) {
      const disk = disks.find((each) => readDiskFile(each, path) !== '');
      if (disk) {
        print(`Reading (xen/${disk.device})${path}\n${CLEAR}`);
        this.#open(disk, path);
        return;
      }
      print(`error: no such device: ${path}.\n`);
    }
    this.#prompt();
  }

  input(text: string): void {
    for (const character of text) {
      if (this.#mode === 'over') return;
      this.#cancelEscape?.();
      this.#escape += character;
      if (this.#escape === '\x1b') {
        this.#cancelEscape = this.#machine.clock.afterReal(ESCAPE_MILLISECONDS, () => {
          this.#escape = '';
          this.#key('\x1b');
        });
      } else if (!/^\x1b[[O][0-9;]*$/.test(this.#escape)) {
        const key = this.#escape.replace(/^\x1bO/, '\x1b[');
        this.#escape = '';
        this.#key(key);
      }
    }
  }

  dispose(): void {
    this.#mode = 'over';
    this.#cancel?.();
    this.#cancelEscape?.();
  }

  #open(disk: DiskConfig, path: string): void {
    const menu = parseGrubConfig(readDiskFile(disk, path));
    this.#commands = new GrubCommands(this.#machine.disks, disk);
    if (menu.entries.length === 0) {
      this.#prompt();
      return;
    }
    const first = Math.max(0, menu.chosen - VISIBLE_ENTRIES + 1);
    const place = { menu, disk, chosen: menu.chosen, first };
    this.#places.push(place);
    this.#showMenu(place);
    if (menu.timeout !== undefined) this.#count(place, menu.timeout);
  }

  #showMenu({ menu, first, chosen }: Place): void {
    this.#mode = 'menu';
    this.#machine.print(menuScreen(menu, first, chosen));
  }

  #count(place: Place, seconds: number): void {
    if (seconds > 0) this.#machine.print(countdown(place.first, place.chosen, seconds));
    if (seconds === 0) this.#choose(place);
    else {
      this.#cancel = this.#machine.clock.afterReal(SECOND, () => {
        this.#count(place, seconds - 1);
      });
    }
  }

  #key(key: string): void {
    if (this.#mode === 'prompt') this.#typed(key);
    else if (this.#mode === 'pause') this.#back();
    else {
      const place = this.#places.at(-1);
      if (place) this.#menuKey(place, key);
    }
  }

  #menuKey(place: Place, key: string): void {
    if (this.#cancel) this.#machine.print(noCountdown(place.first, place.chosen));
    this.#cancel?.();
    this.#cancel = undefined;
    if (['\x1b[A', '\x10', '^'].includes(key)) this.#move(place, place.chosen - 1);
    else if (['\x1b[B', '\x0e', 'v'].includes(key)) this.#move(place, place.chosen + 1);
    else if (['\r', '\n', '\x1b[C'].includes(key)) this.#choose(place);
    else if (key === 'c') this.#prompt();
    else if (key === '\x1b' && this.#places.length > 1) {
      this.#places.pop();
      this.#back();
    }
  }

  #move(place: Place, to: number): void {
    const { menu, first, chosen } = place;
    if (to < 0 || to >= menu.entries.length) return;
    place.chosen = to;
    if (to < first || to >= first + VISIBLE_ENTRIES) {
      place.first = to < first ? to : to - VISIBLE_ENTRIES + 1;
      this.#machine.print(menuRows(menu, place.first, to));
    } else {
      this.#machine.print(menuRow(menu, first, chosen, false) + menuRow(menu, first, to, true));
    }
  }

  #choose({ menu, disk, chosen }: Place): void {
    const entry = menu.entries[chosen];
    if (!entry) return;
    this.#machine.print(booting(entry.title));
    this.#commands = new GrubCommands(this.#machine.disks, disk);
    this.#follow(this.#commands.runEntry(entry), (said) => {
      this.#machine.print(`${said}\nPress any key to continue...`);
      this.#mode = 'pause';
      this.#cancel = this.#machine.clock.afterReal(PAUSE_SECONDS * SECOND, () => {
        this.#back();
      });
    });
  }

  #follow(outcome: GrubOutcome, say: (text: string) => void): void {
    if ('say' in outcome) say(outcome.say);
    else if ('menu' in outcome) this.#open(outcome.disk, outcome.menu);
    else {
      this.dispose();
      if ('boot' in outcome) this.#machine.boot(outcome.boot);
      else this.#machine.power(outcome.power);
    }
  }

  /** Back to the last menu; its countdown does not begin anew. */
  #back(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const place = this.#places.at(-1);
    if (place) this.#showMenu(place);
    else this.#prompt();
  }

  #prompt(): void {
    this.#mode = 'prompt';
    this.#line = '';
    this.#machine.print(`${PROMPT_SCREEN}${PROMPT}`);
  }

  #typed(key: string): void {
    const { print } = this.#machine;
    if (key === '\r' || key === '\n') {
      const line = this.#line;
      this.#line = '';
      print('\n');
      this.#follow(this.#commands.run(wordsOf(line)), (said) => {
        print(`${said}${PROMPT}`);
      });
    } else if (key === '\x7f' || key === '\b') {
      if (this.#line !== '') print('\b \b');
      this.#line = this.#line.slice(0, -1);
    } else if (key === '\x1b') {
      if (this.#places.length > 0) this.#back();
    } else if (/^[ -~]$/.test(key)) {
      this.#line += key;
      print(key);
    }
  }
}
