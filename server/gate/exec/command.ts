/** A verb on a domain, as typed by exec; `destroy` is `poweroff`. */
export const DOMAIN_VERBS = [
  'status',
  'start',
  'shutdown',
  'reboot',
  'poweroff',
  'rescue',
  'normal',
  'console',
  'watch',
  'log',
] as const;

export type DomainVerb = (typeof DOMAIN_VERBS)[number];

/** The verbs that change the domain and so end in an operation. */
export type OperationVerb = Extract<
  DomainVerb,
  'start' | 'shutdown' | 'reboot' | 'poweroff' | 'rescue' | 'normal'
>;

/** What a customer asks for by exec, understood. Names in it are as typed: they are parsed where they are judged. */
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
  | { readonly command: 'help' }
  /** `key` as typed; null: say which it is. */
  | { readonly command: 'escape'; readonly key: string | null }
  | { readonly command: 'menu'; readonly plain: boolean }
  | { readonly command: 'status' | 'log'; readonly domain: string; readonly json: boolean }
  | { readonly command: 'console' | 'watch'; readonly domain: string }
  | {
      readonly command: 'operate';
      readonly verb: OperationVerb;
      readonly domain: string;
      readonly profile: string | null;
      readonly json: boolean;
      readonly wait: boolean;
      readonly yes: boolean;
    };
