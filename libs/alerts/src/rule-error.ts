export interface RuleIssue {
  /** The field, from the document's top: "when.window"; empty for the whole document. */
  readonly path: string;
  /** A sentence: what is wrong and what to write instead. */
  readonly message: string;
}

/** The document is no rule. Its author's error; trying again changes nothing. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly issues: readonly RuleIssue[];

  constructor(issues: readonly RuleIssue[]) {
    super(issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join(' '));
    this.issues = issues;
  }
}
