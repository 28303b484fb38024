import type { LogSince } from './log-since.js';

/** A verb on a domain, as typed by exec; the grammar knows aliases of some. */
export const DOMAIN_VERBS = [
  'status',
  'graph',
  'start',
  'shutdown',
  'reboot',
  'poweroff',
  'rescue',
  'extend',
  'normal',
  'reinstall',
  'console',
  'watch',
  'screen',
  'log',
] as const;

export type DomainVerb = (typeof DOMAIN_VERBS)[number];

/** The verbs that change the domain, each by an operation. */
export type OperationVerb = Extract<
  DomainVerb,
  'start' | 'shutdown' | 'reboot' | 'poweroff' | 'rescue' | 'normal' | 'reinstall'
>;

/** What a customer asks of their notices. Addresses and codes are as typed. */
export type NotifyRequest =
  | { readonly ask: 'show' | 'on' | 'off' | 'test' | 'forget' }
  | { readonly ask: 'address' | 'confirm'; readonly text: string };

/** A customer's command by exec, parsed. Names in it are as typed: the code that judges them parses them. */
export type Command =
  | { readonly command: 'list'; readonly json: boolean }
  | { readonly command: 'keys-list'; readonly json: boolean }
  /** `text` is null when the key comes by stdin. */
  | { readonly command: 'keys-add'; readonly text: string | null; readonly json: boolean }
  | {
      readonly command: 'keys-remove';
      readonly fingerprint: string;
      readonly yes: boolean;
      readonly json: boolean;
    }
  | { readonly command: 'activity'; readonly json: boolean }
  | { readonly command: 'recordings'; readonly json: boolean }
  | { readonly command: 'recording'; readonly id: string }
  | { readonly command: 'notify'; readonly what: NotifyRequest; readonly json: boolean }
  | { readonly command: 'help' }
  /** `key` as typed; null to show the key in use. */
  | { readonly command: 'escape'; readonly key: string | null }
  | { readonly command: 'menu'; readonly plain: boolean }
  | { readonly command: 'status'; readonly domain: string; readonly json: boolean }
  | { readonly command: 'graph'; readonly domain: string; readonly json: boolean }
  | {
      readonly command: 'log';
      readonly domain: string;
      readonly json: boolean;
      /** Byte for byte, as the guest wrote it. */
      readonly raw: boolean;
      readonly follow: boolean;
      readonly lines: number | null;
      readonly since: LogSince | null;
      /** 0 is the last boot, -1 the one before it. */
      readonly boot: number | null;
    }
  | {
      readonly command: 'log-switch';
      readonly domain: string;
      readonly keep: boolean;
      readonly json: boolean;
    }
  | { readonly command: 'screen'; readonly domain: string; readonly json: boolean }
  | {
      readonly command: 'extend';
      readonly domain: string;
      /** `--for` in seconds; null when not given. */
      readonly forSeconds: number | null;
      readonly json: boolean;
    }
  | { readonly command: 'console' | 'watch'; readonly domain: string }
  | {
      readonly command: 'operate';
      readonly verb: OperationVerb;
      readonly domain: string;
      /** The boot profile of a rescue, or the image of a reinstallation. */
      readonly profile: string | null;
      /** The values that the customer chose for a rescue, by name. */
      readonly choice: Readonly<Record<string, string>>;
      /** `--for` of a rescue, in seconds; null when not given. */
      readonly forSeconds: number | null;
      readonly json: boolean;
      readonly wait: boolean;
      readonly yes: boolean;
      /** Goes to the console when it boots. */
      readonly console: boolean;
      /** For a reinstallation, the name after `--erase`, which confirms it. */
      readonly erase?: string;
    };
