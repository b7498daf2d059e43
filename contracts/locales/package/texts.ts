/** What the page and the files of a package say. `{name}` is filled in; `words` are codes that packs use. */
export interface PackageTexts {
  readonly title: { readonly access: string; readonly portability: string };
  readonly intro: { readonly access: string; readonly portability: string };
  readonly contents: string;
  readonly controller: string;
  readonly dpo: string;
  readonly overview: string;
  readonly dataset: string;
  readonly records: string;
  readonly file: string;
  readonly responsible: string;
  readonly responsibleSelf: string;
  readonly responsibleOrganisation: string;
  readonly purposes: string;
  readonly categories: string;
  readonly field: string;
  readonly category: string;
  readonly purpose: string;
  readonly basis: string;
  readonly source: string;
  readonly technical: string;
  readonly retention: string;
  readonly retentionMax: string;
  readonly retentionMin: string;
  readonly retentionTtl: string;
  readonly retentionWhile: string;
  readonly retentionHold: string;
  readonly held: string;
  readonly heldNow: string;
  readonly heldUntil: string;
  readonly heldRunning: string;
  readonly redacted: string;
  readonly placeholder: string;
  readonly withheldPlaceholder: string;
  readonly notDescribed: string;
  readonly preview: string;
  readonly previewPart: string;
  readonly record: string;
  readonly nothing: string;
  readonly recipients: string;
  readonly recipientsIntro: string;
  readonly recipient: string;
  readonly role: string;
  readonly roles: { readonly controller: string; readonly processor: string };
  readonly region: string;
  readonly transfers: string;
  readonly transfersIntro: string;
  readonly transfersNone: string;
  readonly transferTool: string;
  readonly rights: string;
  readonly rightsList: readonly string[];
  readonly complaint: string;
  readonly complaintText: string;
  readonly profiling: string;
  readonly profilingNone: string;
  readonly profilingLogic: string;
  readonly profilingConsequences: string;
  readonly files: string;
  readonly filesText: string;
  readonly csvText: string;
  readonly notPortable: string;
  readonly bases: Readonly<
    Record<
      'consent' | 'contract' | 'legal_obligation' | 'legitimate_interest' | 'vital_interest' | 'public_task',
      string
    >
  >;
  readonly sources: Readonly<Record<'subject' | 'observed' | 'organisation' | 'third_party', string>>;
  readonly events: Readonly<
    Record<'account_closed' | 'contract_ended' | 'consent_withdrawn' | 'subject_request' | 'vendor_period', string>
  >;
  /** One and many of each unit. */
  readonly units: Readonly<Record<'D' | 'W' | 'M' | 'Y', readonly [string, string]>>;
  /** Periods of retention laws (domain/holds/laws.ts), by id. */
  readonly laws: Readonly<Record<string, string>>;
  /** Codes of purposes, categories and transfer tools in plain words; one that is absent is shown as it is written. */
  readonly words: Readonly<Record<string, string>>;
}
