export interface QueryIssue {
  /** Path of the field in the document: "aggregate[1]", "where.district[0]"; empty for the document as a whole. */
  readonly field: string;
  /** A sentence for the person who wrote the query: what is wrong and what to do. */
  readonly message: string;
}

/** The query document can't be used. It carries every fault that was found, not only the first. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly issues: readonly QueryIssue[];

  constructor(issues: readonly QueryIssue[]) {
    super(issues.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join(' '));
    this.issues = issues;
  }
}

/** Collects faults while a document is read; readers answer undefined for a field they complained about. */
export class Issues {
  readonly #list: QueryIssue[] = [];

  add(field: string, message: string): undefined {
    this.#list.push({ field, message });
    return undefined;
  }

  throwIfAny(): void {
    if (this.#list.length > 0) throw new QueryError(this.#list);
  }
}
