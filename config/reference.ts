import { POLICY_SCHEMA } from '../policy/policy-schema.js';
import { DOM0_SCHEMA } from './dom0-schema.js';
import { GATE_SCHEMA } from './gate-schema.js';

/** The documents that are made from the schemas, completely or in part. */

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly title?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly oneOf?: readonly SchemaNode[];
}

/** policy/policy.schema.json, for editors. */
export function policySchemaFile(): string {
  return `${JSON.stringify(POLICY_SCHEMA, null, 2)}\n`;
}

/** Puts the references into a document, each between `<!-- reference NAME -->` and `<!-- end -->`. */
export function withReferences(document: string): string {
  const schemas: Readonly<Record<string, object>> = {
    policy: POLICY_SCHEMA,
    gate: GATE_SCHEMA,
    dom0: DOM0_SCHEMA,
  };
  return document.replace(
    /(<!-- reference ([a-z0-9]+) -->\n)[^]*?(<!-- end -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const schema = schemas[name];
      return schema === undefined ? whole : `${begin}\n${reference(schema)}\n${end}`;
    },
  );
}

/** A table of the keys with plain values, then a section for each key with further keys. */
function reference(schema: SchemaNode): string {
  const properties = Object.entries(schema.properties ?? {});
  const values = properties.filter(([, node]) => nested(node).length === 0);
  const blocks = values.length === 0 ? [] : [table(values.flatMap(([key, node]) => rows(key, node, schema)))];
  for (const [key, node] of properties.filter((property) => !values.includes(property))) {
    const { description = '' } = node;
    const needed = schema.required?.includes(key) === true ? ' Required.' : '';
    blocks.push(`### \`${key}:\`\n\n${description}${needed}\n`);
    for (const part of nested(node)) {
      if (part.title !== undefined) blocks.push(`**${part.title}**: ${part.description ?? ''}\n`);
      blocks.push(
        table(Object.entries(part.properties ?? {}).flatMap(([name, child]) => rows(name, child, part))),
      );
    }
  }
  return blocks.join('\n');
}

/** The mappings inside a key: its own keys, the keys of its entries, or those of each kind of entry. */
function nested(node: SchemaNode): readonly SchemaNode[] {
  if (node.properties !== undefined) return [node];
  const inner =
    node.items ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined);
  if (inner === undefined) return [];
  return inner.oneOf?.every(({ title }) => title !== undefined) === true ? inner.oneOf : nested(inner);
}

function rows(name: string, node: SchemaNode, parent: SchemaNode): readonly string[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, child]) => rows(`${name}.${key}`, child, node));
  }
  const key = name.split('.').at(-1) ?? name;
  const byDefault = parent.required?.includes(key) === true ? 'required' : defaultOf(node);
  const row = `| \`${name}\` | ${cell(kind(node))} | ${byDefault} | ${cell(node.description ?? '')} |`;
  const entry = node.additionalProperties;
  const inner =
    typeof entry === 'object' && entry.properties !== undefined ? rows(`${name}.NAME`, entry, node) : [];
  return [row, ...inner];
}

function table(lines: readonly string[]): string {
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function defaultOf(node: SchemaNode): string {
  return node.default === undefined ? '' : `\`${cell(JSON.stringify(node.default))}\``;
}

function kind(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  const types = [node.type ?? []].flat().map((type) => typeName(type, node));
  return types.join(' or ');
}

function typeName(type: string, node: SchemaNode): string {
  switch (type) {
    case 'integer':
      return `${node.minimum ?? 0} to ${node.maximum ?? 'any'}`;
    case 'string':
      return 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return node.items === undefined ? 'list' : `list of ${kind(node.items)}`;
    case 'object': {
      const entry = node.additionalProperties;
      return typeof entry === 'object' ? `names, each with ${kind(entry)}` : 'mapping';
    }
    default:
      return `\`${type}\``;
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
