import type { ScreenText } from '../../wire/console.js';

/**
 * What a guest seems to wait for: a command in a shell, the rest of a command, a name or password, or none of
 * these. A guess from the screen alone; a guest can make it say anything.
 */
export type GuestPrompt = 'shell' | 'shell-typing' | 'login' | 'other';

/** getty, sshd, su, sudo, dm-crypt: `horatio login: `, `Password: `, `[sudo] password for ada: `. */
const LOGIN = /(^|\s)(login|user ?name|password|passphrase|passcode|pin)( (for|to) .*)?:\s*$/i;

/** A name that is being typed at getty. */
const LOGIN_TYPING = /(^|\s)login: \S*$/;

/**
 * Prompts that end like a shell's but are of something else: GRUB, databases, interpreters, debuggers, ftp.
 */
const NO_SHELL =
  /^\s*(grub( rescue)?|mysql|mariadb|mariadb \[.*\]|sqlite|redis.*|mongo.*|ftp|sftp|gdb|irb.*|node|virsh|u-boot|ok|efi shell|shell)\s*[#>]\s?$|^>+ ?$|^\.\.\. ?$|^[\w-]+[=('"*!^$-]+[#>] ?$/i;

/** A percentage: `100%` or `12.5 %`. */
const PERCENT = /(^|\s)\d{1,3}([.,]\d+)? ?%\s?$/;

/**
 * `root@horatio:~# `, `[root@horatio ~]# `, `~ $ `, `/ # `, `sh-5.2$ `, `# `, `horatio% `, `ada@horatio ~> `.
 */
const PROMPTS: readonly RegExp[] = [
  /[$#] ?$/,
  /% ?$/,
  /^\S+@\S+ \S.*> ?$/,
  /^\(initramfs\) ?$/,
  /(^|\s)[❯➜λ»] ?$/,
  /^➜ {1,2}\S+( .*)? $/,
];

/** The prompts after which a command may stand: only those that no ordinary text looks like. */
const WITH_COMMAND: readonly RegExp[] = [
  /^[\w.-]+@[\w.-]+[: ]\S*[$#%>] \S/,
  /^\[[\w.-]+@[\w.-]+ [^\]]+\][$#] \S/,
  /^(sh|bash|dash|ash)-[\d.]+[$#] \S/,
  /^(~|\/\S*) [$#] \S/,
  /^\(initramfs\) \S/,
];

/** A line longer than this is no prompt; it also bounds what the patterns cost. */
const LONGEST = 200;

/** Guesses what the guest waits for. */
export function guestPromptOf({ lines, below, alternate }: ScreenText): GuestPrompt {
  const line = lines.at(-1) ?? '';
  if (line.length > LONGEST) return 'other';
  if (LOGIN.test(line) || LOGIN_TYPING.test(line)) return 'login';
  if (alternate || below || NO_SHELL.test(line) || PERCENT.test(line)) return 'other';
  if (WITH_COMMAND.some((prompt) => prompt.test(line))) return 'shell-typing';
  return PROMPTS.some((prompt) => prompt.test(line)) ? 'shell' : 'other';
}
