import { VERB_ALIASES } from '../../../menus/command-words.js';
import { RESERVED_WORDS } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { printable } from '../../../policy/printable.js';
import type { Command, DomainVerb, OperationVerb } from './command.js';
import { DOMAIN_VERBS } from './command.js';
import { takeLength } from './length.js';
import { parseLogCommand } from './log-grammar.js';
import { usage, wrongForm } from './usage.js';

/**
 * Parses a command by exec. There is no shell: words stand between blanks, quotes and backslashes are letters
 * like any other, and control characters are refused. It does not ask whether a name exists, so bad grammar
 * gets the same answer for every name.
 */
export function parseCommand(text: string): Command | Refusal {
  if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(text))
    return usage('A command is one line without control characters.');
  const words = text.split(/[ \t]+/).filter((word) => word !== '');
  const [first, ...rest] = words;
  if (first === undefined) return usage('Say what to do.');
  switch (first) {
    case 'list':
      return list(rest);
    case 'activity':
      return only(rest, ['--json'], 'activity [--json]', ({ json }) => ({ command: 'activity', json }));
    case 'help':
    case '--help':
      return only(rest, [], 'help', () => ({ command: 'help' }));
    case 'menu':
      return only(rest, ['--plain'], 'menu [--plain]', ({ plain }) => ({ command: 'menu', plain }));
    case 'keys':
      return keys(rest, text);
    case 'ls':
    case 'escape':
    case 'notify':
    case 'recordings':
    case 'recording':
      // A server may have this name. Then a verb follows, and neither a key nor an ID looks like one.
      return verbNamed(rest[0]) === undefined ? UNRESERVED[first](rest) : onDomain(first, rest);
    default:
      // No name is a reserved word in any spelling.
      if ((RESERVED_WORDS as readonly string[]).includes(first.toLowerCase()))
        return usage(`There is no command ${shown(first)}.`);
      return onDomain(first, rest);
  }
}

function list(words: readonly string[]): Command | Refusal {
  return only(words, ['--json'], 'list [--json]', ({ json }) => ({ command: 'list', json }));
}

interface Given {
  readonly json: boolean;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly plain: boolean;
  readonly console: boolean;
}

type Option = `--${keyof Given}`;

const SHORT_OPTIONS: Readonly<Record<string, Option>> = { '-y': '--yes' };

/** Separates options from the other words, wherever they stand. */
function options(
  words: readonly string[],
  allowed: readonly Option[],
): { given: Given; rest: string[] } | Refusal {
  const given = { json: false, wait: false, yes: false, plain: false, console: false };
  const rest: string[] = [];
  for (const word of words) {
    if (!word.startsWith('-')) {
      rest.push(word);
      continue;
    }
    const option = allowed.find((name) => name === (SHORT_OPTIONS[word] ?? word));
    if (option === undefined) {
      const known = allowed.length === 0 ? 'It takes none.' : `Known here: ${allowed.join(', ')}.`;
      return usage(`There is no option ${shown(word)} here. ${known}`);
    }
    given[option.slice(2) as keyof Given] = true;
  }
  return { given, rest };
}

function only(
  words: readonly string[],
  allowed: readonly Option[],
  form: string,
  make: (given: Given) => Command,
): Command | Refusal {
  const found = options(words, allowed);
  if ('refused' in found) return found;
  return found.rest.length === 0 ? make(found.given) : wrongForm(form);
}

function keys(words: readonly string[], text: string): Command | Refusal {
  const [verb, ...rest] = words;
  switch (verb) {
    case 'add': {
      // The rest of the line is the key, because its comment may say anything; options come before it.
      const tail = /^\s*keys\s+add(?:\s+(--json))?(?:\s+(.*))?$/.exec(text);
      const key = tail?.[2]?.trim() ?? '';
      if (/^--?[a-z]/.test(key)) return wrongForm('keys add [--json] [KEY]');
      return { command: 'keys-add', text: key === '' ? null : key, json: tail?.[1] !== undefined };
    }
    case 'remove': {
      const found = options(rest, ['--yes', '--json']);
      if ('refused' in found) return found;
      const [fingerprint, ...more] = found.rest;
      if (fingerprint === undefined || more.length > 0) {
        return wrongForm('keys remove FINGERPRINT [--yes] [--json]');
      }
      return { command: 'keys-remove', fingerprint, yes: found.given.yes, json: found.given.json };
    }
    case 'list':
      return only(rest, ['--json'], 'keys list [--json]', ({ json }) => ({ command: 'keys-list', json }));
    default:
      return only(words, ['--json'], 'keys [list|add|remove]', ({ json }) => ({
        command: 'keys-list',
        json,
      }));
  }
}

function escape(words: readonly string[]): Command | Refusal {
  const [key, ...more] = words;
  return more.length === 0
    ? { command: 'escape', key: key ?? null }
    : wrongForm('escape [KEY], with a key like ^A, or default');
}

function notify(words: readonly string[]): Command | Refusal {
  const form = wrongForm('notify [on|off|mail ADDRESS|confirm CODE|test|forget] [--json]');
  const found = options(words, ['--json']);
  if ('refused' in found) return found;
  const { json } = found.given;
  const [verb = 'show', text, ...more] = found.rest;
  switch (verb) {
    case 'show':
    case 'on':
    case 'off':
    case 'test':
    case 'forget':
      return text === undefined ? { command: 'notify', what: { ask: verb }, json } : form;
    case 'mail':
    case 'confirm': {
      if (text === undefined || more.length > 0) return form;
      return { command: 'notify', what: { ask: verb === 'mail' ? 'address' : verb, text }, json };
    }
    default:
      return form;
  }
}

function recordings(words: readonly string[]): Command | Refusal {
  return only(words, ['--json'], 'recordings [--json]', ({ json }) => ({ command: 'recordings', json }));
}

function recording(words: readonly string[]): Command | Refusal {
  const [id, ...more] = words;
  return id === undefined || id.startsWith('-') || more.length > 0
    ? wrongForm('recording ID; `recordings` lists them')
    : { command: 'recording', id };
}

/** The commands that are not reserved words. */
const UNRESERVED = { ls: list, escape, notify, recordings, recording };

function onDomain(domain: string, words: readonly string[]): Command | Refusal {
  const [word, ...rest] = words;
  const verb = verbNamed(word);
  if (verb === undefined) return usage(noVerb(domain, word));
  return verbOn(domain, verb, rest);
}

/** `word` is no verb, or is missing. A misspelt `list` and `reboot horatio` come here too. */
function noVerb(domain: string, word: string | undefined): string {
  const verbs = DOMAIN_VERBS.join(', ');
  if (word === undefined)
    return `This is no command by itself. After the name of a server, say what to do with it: ${verbs}.`;
  if (verbNamed(domain) !== undefined && !word.startsWith('-'))
    return `There is no command ${shown(word)} for a server. The name of the server comes first: ${printable(word, 40)} ${domain}.`;
  return `There is no command ${shown(word)} for a server: ${verbs}.`;
}

const ALIASES: ReadonlyMap<string, DomainVerb> = new Map(VERB_ALIASES);

function verbNamed(word: string | undefined): DomainVerb | undefined {
  const verb = ALIASES.get(word ?? '') ?? word;
  return DOMAIN_VERBS.find((known) => known === verb);
}

function verbOn(domain: string, verb: DomainVerb, words: readonly string[]): Command | Refusal {
  switch (verb) {
    case 'status':
    case 'graph':
    case 'screen':
      return only(words, ['--json'], `NAME ${verb} [--json]`, ({ json }) => ({
        command: verb,
        domain,
        json,
      }));
    case 'log':
      return parseLogCommand(domain, words);
    case 'console':
    case 'watch':
      return only(words, [], `NAME ${verb}`, () => ({ command: verb, domain }));
    case 'extend':
      return extend(domain, words);
    case 'reinstall':
      return reinstall(domain, words);
    default:
      return operate(domain, verb, words);
  }
}

/** `suite=trixie`: a value that the customer chooses. No profile has such a name. */
const CHOICE = /^[a-z][a-z0-9-]{0,31}=[^=]{1,200}$/;

/** The verbs after which the domain boots. */
const BOOTING_VERBS: readonly OperationVerb[] = ['start', 'reboot', 'rescue', 'normal'];

function extend(domain: string, words: readonly string[]): Command | Refusal {
  const timed = takeLength(words);
  if (isRefusal(timed)) return timed;
  const { forSeconds, rest } = timed;
  return only(rest, ['--json'], 'NAME extend [--for 1h] [--json]', ({ json }) => ({
    command: 'extend',
    domain,
    forSeconds,
    json,
  }));
}

function operate(domain: string, verb: OperationVerb, all: readonly string[]): Command | Refusal {
  const timed = verb === 'rescue' ? takeLength(all) : { forSeconds: null, rest: all };
  if (isRefusal(timed)) return timed;
  const { forSeconds, rest: words } = timed;
  // Every verb that does something takes --yes, so that a script need not know which verbs ask.
  const boots = BOOTING_VERBS.includes(verb);
  const found = options(words, ['--json', '--wait', '--yes', ...(boots ? (['--console'] as const) : [])]);
  if ('refused' in found) return found;
  const choices = verb === 'rescue' ? found.rest.filter((word) => CHOICE.test(word)) : [];
  const [profile, ...more] = found.rest.filter((word) => !choices.includes(word));
  const choice = Object.fromEntries(choices.map((word) => word.split(/=(.*)/, 2) as [string, string]));
  if (Object.keys(choice).length < choices.length) return usage('A value can be chosen once only.');
  if (more.length > 0 || (profile !== undefined && verb !== 'rescue')) {
    const form = verb === 'rescue' ? 'rescue [PROFILE] [NAME=VALUE …] [--for 2h]' : verb;
    return wrongForm(`NAME ${form} [--json] [--wait] [--yes]${boots ? ' [--console]' : ''}`);
  }
  const { json, wait, yes, console } = found.given;
  if (console && (json || wait)) return usage('--console goes with neither --json nor --wait.');
  return {
    command: 'operate',
    verb,
    domain,
    profile: profile ?? null,
    choice,
    forSeconds,
    json,
    wait,
    yes,
    console,
  };
}

/** `--yes` is known, so that the refusal can say that it is not enough. */
function reinstall(domain: string, words: readonly string[]): Command | Refusal {
  const form = 'NAME reinstall IMAGE [--erase NAME] [--json] [--wait] [--console]';
  const at = words.indexOf('--erase');
  const erase = at < 0 ? null : (words[at + 1] ?? '');
  if (erase === '' || erase?.startsWith('-') === true) return wrongForm(form);
  const others = at < 0 ? words : [...words.slice(0, at), ...words.slice(at + 2)];
  const found = options(others, ['--json', '--wait', '--yes', '--console']);
  if ('refused' in found) return found;
  const [image, ...more] = found.rest;
  if (more.length > 0) return wrongForm(form);
  const { json, wait, yes, console } = found.given;
  if (console && (json || wait)) return usage('--console goes with neither --json nor --wait.');
  const asked = { domain, profile: image ?? null, choice: {}, forSeconds: null, json, wait, yes, console };
  return { command: 'operate', verb: 'reinstall', ...asked, ...(erase === null ? {} : { erase }) };
}

function shown(word: string): string {
  return `"${printable(word, 40)}"`;
}
