/** Who a file is given to: names of the machine that it is on. */
export interface Owner {
  readonly user: 'root' | 'postern';
  readonly group: 'root' | 'postern';
}

export const ROOT: Owner = { user: 'root', group: 'root' };
/** Root's, and the gate may read it. */
export const FOR_THE_GATE: Owner = { user: 'root', group: 'postern' };
export const THE_GATES: Owner = { user: 'postern', group: 'postern' };

interface InPlace {
  /** Absolute, as on the machine that is set up. */
  readonly path: string;
  readonly mode: number;
  readonly owner: Owner;
}

/** One thing that an installation consists of. */
export type Piece =
  | (InPlace & { readonly kind: 'directory' })
  | (InPlace & {
      readonly kind: 'file';
      readonly text: string;
      /** `program`: comes with Postern and is replaced by its next version; `admin`: made once, and theirs from then on. */
      readonly whose: 'program' | 'admin';
    })
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** The host key of another server, so that customers' ssh knows this one. */
  | (InPlace & { readonly kind: 'host-key'; readonly from: string });
