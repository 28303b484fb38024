import { MAIL_ADDRESS_WORDS } from '../policy/mail-address.js';
import { NOTICE_KINDS } from '../policy/notice-kinds.js';
import type { SchemaValue } from '../policy/schema-value.js';
import { integer, LOG, section, TEXT } from './settings-schema.js';

/** A program and its arguments. */
const PROGRAM = { type: 'array', minItems: 1, maxItems: 32, items: TEXT } as const;

const ADDRESS = { type: 'string', minLength: 3, maxLength: 254 } as const;

/** gate.yaml as JSON Schema draft 2020-12. */
export const GATE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Postern: gate.yaml',
  type: 'object',
  additionalProperties: false,
  required: ['site', 'listen', 'hosts'],
  properties: {
    site: {
      type: 'string',
      minLength: 1,
      maxLength: 60,
      description: 'The name of this service, shown to customers.',
    },
    listen: {
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
      description:
        'Addresses and ports to listen on: `0.0.0.0:2222`, `[::]:2222`. Port 0 is any free one. Where systemd hands over sockets of postern-gate.socket, those count instead.',
    },
    hosts: {
      type: 'array',
      minItems: 1,
      description: 'The Xen hosts, each with the socket of its dom0 half.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'socket'],
        properties: {
          name: {
            type: 'string',
            pattern: '^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$',
            patternErrorMessage: 'a name of letters, digits, . and -, at most 63',
            description: 'A name for people. Each host has another.',
          },
          socket: {
            ...TEXT,
            description:
              "Path of the dom0 half's Unix socket. `ssh -L` brings over the socket of another machine.",
          },
        },
      },
    },
    workers: integer(
      1,
      1,
      15,
      'Processes that serve connections. With more than one, another process has the sockets and shares the connections out: for machines with four cores or more, see [several workers](performance.md#several-workers).',
    ),
    hostKey: {
      ...TEXT,
      default: '/var/lib/postern/ssh_host_ed25519_key',
      description:
        "The Ed25519 host key, a file in OpenSSH's format. The first start makes it when it is not there. `postern hostkey rotate` makes the next one beside it.",
    },
    otherHostKeys: {
      type: 'array',
      maxItems: 4,
      items: { type: 'string', minLength: 1 },
      default: [],
      description:
        'More host keys, at most one of each type: RSA with 3072 to 4096 bits for old clients, or ECDSA. `ssh-keygen` makes them, and each has to be there.',
    },
    state: {
      ...TEXT,
      default: '/var/lib/postern',
      description: 'Directory for the database, the audit log in it and the accepted policies.',
    },
    controlSocket: {
      ...TEXT,
      default: '/run/postern-gate/control.sock',
      description: "Unix socket for the admin commands; its directory must be the gate's own.",
    },
    policy: {
      ...TEXT,
      default: '/etc/postern/policy.d',
      description:
        'Directory with the policy files, read in the order of their names: see [policy.md](policy.md).',
    },
    banner: {
      type: ['string', 'null'],
      maxLength: 4000,
      default: null,
      description: 'Text that ssh clients show before the login; anybody can read it.',
    },
    motd: {
      type: ['string', 'null'],
      maxLength: 4000,
      default: null,
      description: 'Message of the day, shown to customers in the menu.',
    },
    login: section('Guards of the login.', {
      graceSeconds: integer(30, 1, 600, 'Seconds from connecting to being logged in.'),
      tries: integer(
        6,
        1,
        100,
        'Failed signatures on one connection before it is closed; keys that are only offered do not count.',
      ),
      connectionsPerSource: integer(
        10,
        1,
        10_000,
        'Connections at once from one source address (IPv6: one /64) that have not logged in yet.',
      ),
      connections: integer(500, 1, 100_000, 'Connections at once over all.'),
      connectionsPerCustomer: integer(
        20,
        1,
        10_000,
        'Connections at once of one customer. Beyond it, a connection without a session makes room, else the login is refused. `sessions:` of the policy may say otherwise for some.',
      ),
      sessionsPerConnection: integer(4, 1, 100, 'Sessions at once on one connection.'),
      penaltyAfter: integer(10, 1, 10_000, 'Refused logins from one source after which it is penalised.'),
      penaltySeconds: integer(
        60,
        1,
        86_400,
        'Seconds for which a penalised source is turned away; also the time in which refused logins are counted.',
      ),
    }),
    keepAlive: section('Finding out that a client is gone.', {
      intervalSeconds: integer(
        15,
        1,
        3_600,
        'Seconds between the questions to a silent client. One that only answers is asked less often, at most so many times less as `countMax` says.',
      ),
      countMax: integer(4, 1, 100, 'Questions without an answer after which the connection is closed.'),
    }),
    keys: section('What customers may register.', {
      perCustomer: integer(10, 1, 1_000, 'Keys of one customer.'),
      rsaMinimumBits: integer(2_048, 2_048, 16_384, 'Smallest RSA key that is accepted, in bits.'),
    }),
    certificates: section('Logins by OpenSSH certificates: see [certificates.md](certificates.md).', {
      revokedKeys: {
        type: ['string', 'null'],
        minLength: 1,
        maxLength: 4096,
        default: null,
        description:
          "File of the keys and certificates that are revoked: a KRL of `ssh-keygen -k`, or public keys, one a line, as for sshd's `RevokedKeys`. The gate reads it again when it has changed. While it cannot be read, nobody logs in with a certificate.",
      },
    }),
    console: section("The consoles. The policy's `consoles:` may say otherwise for some.", {
      idleSeconds: integer(
        0,
        0,
        31_622_400,
        'Seconds without a key after which a console is left, with a warning before; 0: never.',
      ),
      watchersIdle: {
        type: 'boolean',
        default: false,
        description: 'Whether that holds for customers who only watch, too.',
      },
      escape: {
        type: 'string',
        minLength: 2,
        maxLength: 8,
        default: '^]',
        description:
          'The key that leaves the console and begins its other commands, as a control character: `^]`, `^A`. Each customer may choose another.',
      },
      break: {
        type: 'string',
        pattern: '^(none|sysrq-[a-z0-9])$',
        patternErrorMessage: '`none`, or `sysrq-` and a key, like `sysrq-s`',
        default: 'none',
        description:
          "The effect of a break (RFC 4335, `~B` of OpenSSH). Xen's console has no break, so it can send a SysRq key: `sysrq-s`. `none`: the customer reads that there is no break.",
      },
      logOut: {
        type: 'boolean',
        default: false,
        description:
          'Whether the gate sends a Ctrl-D to a console that a customer leaves at a screen like a shell prompt.',
      },
    }),
    recordings: section(
      'Recordings of console visits, for the customers and domains that `consoles:` of the policy names: see [recording.md](recording.md).',
      {
        directory: {
          type: ['string', 'null'],
          minLength: 1,
          maxLength: 4096,
          default: null,
          description: 'Directory for the recordings and nothing else. `null`: `recordings` in `state`.',
        },
        days: integer(30, 1, 36_500, 'Days after which a recording is removed.'),
        totalMiB: integer(
          1_024,
          1,
          1_048_576,
          'MiB of all recordings together. Beyond it the gate removes the oldest recording of the customer whose recordings take the most room.',
        ),
        perRecordingMiB: integer(16, 1, 1_024, 'MiB at which a recording ends, so that a flood has an end.'),
        required: {
          type: 'boolean',
          default: false,
          description:
            'Whether a visit that cannot be recorded is refused, or ended. `false`: it goes on without a recording; the customer, the audit log and the log are told.',
        },
      },
    ),
    menu: section('The menu.', {
      idleSeconds: integer(
        0,
        0,
        31_622_400,
        'Seconds without a key after which a menu is ended, with a warning before; 0: never. `sessions:` of the policy may say otherwise for some.',
      ),
    }),
    domains: section('The domains that the hosts show.', {
      graceSeconds: integer(
        600,
        1,
        604_800,
        'Seconds for which all hosts must see a domain gone before it is retired: see [domain.md](day-two/domain.md).',
      ),
    }),
    metrics: section('Numbers for Prometheus: see [metrics.md](metrics.md).', {
      listen: {
        type: ['string', 'null'],
        minLength: 1,
        maxLength: 4096,
        default: null,
        description:
          'Where they are served: an address of this machine itself, `127.0.0.1:9273` or `[::1]:9273`, or the path of a Unix socket. `null`: nowhere.',
      },
      customers: {
        type: 'boolean',
        default: false,
        description: 'Whether some numbers are told for each customer, by name.',
      },
    }),
    notices: section('Who is told what happens: see [notices.md](notices.md).', {
      mail: section('How mail is sent.', {
        sendmail: {
          ...PROGRAM,
          default: ['/usr/sbin/sendmail'],
          description:
            'The program that takes mail, by its absolute path, with arguments before those of sendmail(8): `[/usr/bin/msmtp, -C, /etc/postern/msmtprc]`.',
        },
        from: {
          type: ['string', 'null'],
          minLength: 3,
          maxLength: 254,
          default: null,
          description: `The sender's address: ${MAIL_ADDRESS_WORDS}. \`null\`: no mail is sent.`,
        },
        perHour: integer(
          10,
          1,
          1_000,
          'Mails to one receiver in an hour. What happens meanwhile goes into the next one.',
        ),
      }),
      customers: {
        type: 'boolean',
        default: false,
        description:
          'Whether customers may have notices by mail (`notify`), where the policy allows them `notify`. It needs `mail.from`.',
      },
      channels: {
        type: 'array',
        maxItems: 20,
        default: [],
        description: "The administrators' channels. Each has a `command`, a `webhook` or `mail`.",
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name'],
          properties: {
            name: {
              type: 'string',
              pattern: '^[a-z][a-z0-9-]{0,31}$',
              patternErrorMessage: 'small letters, digits and -, beginning with a letter, at most 32',
              description: 'A name for `postern notice`. Each channel has another.',
            },
            kinds: {
              type: 'array',
              minItems: 1,
              uniqueItems: true,
              items: { type: 'string', enum: [...NOTICE_KINDS] },
              description: 'What it is told of. Left out: everything.',
            },
            command: {
              ...PROGRAM,
              description:
                'A program by its absolute path, and its arguments. It reads each message as JSON on standard input and has 30 seconds.',
            },
            webhook: {
              ...TEXT,
              description:
                'An address to which each message is posted as JSON: `https://…`, or `http://…` to this machine itself.',
            },
            secretFile: {
              ...TEXT,
              description:
                'With `webhook`: the file of the secret that signs the messages, 16 bytes or more. The gate must be able to read it.',
            },
            mail: {
              type: 'array',
              minItems: 1,
              maxItems: 20,
              uniqueItems: true,
              items: ADDRESS,
              description: 'Addresses to which each message is mailed.',
            },
          },
        },
      },
    }),
    log: LOG,
  },
} as const;

/** gate.yaml after validation, with defaults filled in. */
export type GateDocument = SchemaValue<typeof GATE_SCHEMA>;
