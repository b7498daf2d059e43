/** A case that the clock cannot evaluate; `field` is the top-level field that is wrong (clock.md section 1). */
export class InvalidCaseError extends Error {
  readonly code = 'invalid_case';
  readonly field: string | null;
  constructor(field: string | null) {
    super(`invalid_case: ${field ?? 'not a JSON object'}`);
    this.name = 'InvalidCaseError';
    this.field = field;
  }
}
