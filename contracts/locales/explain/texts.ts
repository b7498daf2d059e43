/** What `policy explain` says. `{name}` is filled in; names of datasets, fields and systems stay as the pack writes them. */
export interface ExplainTexts {
  readonly title: string;
  readonly legal: string;
  readonly authority: string;
  readonly language: Readonly<Record<'en' | 'nb' | 'sv', string>>;
  readonly region: string;
  readonly and: string;
  readonly or: string;
  readonly nothing: string;
  readonly rights: Readonly<
    Record<
      | 'access'
      | 'rectification'
      | 'erasure'
      | 'portability'
      | 'restriction'
      | 'objection'
      | 'consent_withdrawal'
      | 'opt_out',
      string
    >
  >;

  readonly headDue: string;
  readonly regimeUnknown: string;
  readonly due: string;
  readonly dueExtended: string;
  readonly businessDays: string;
  readonly rolls: string;
  readonly neverRolls: string;
  readonly promise: string;
  readonly promiseFor: string;
  readonly complaints: string;

  readonly headAsk: string;
  readonly levelNone: string;
  readonly level: string;
  readonly levels: Readonly<Record<'low' | 'substantial' | 'high', string>>;
  readonly askWithin: string;
  readonly repeated: string;

  readonly headDecide: string;
  readonly decidesNobody: string;
  readonly approval: string;
  readonly approvalOf: { readonly processor: string; readonly controller: string; readonly all: string };
  readonly approvalRights: string;
  readonly approvalSystems: string;
  readonly approvalDatasets: string;
  readonly approvalBy: Readonly<Record<'organisation' | 'privacy_officer' | 'second_person', string>>;
  readonly reminders: string;
  readonly noReminders: string;
  readonly ladder: string;
  readonly contacts: Readonly<Record<'admin' | 'dpo' | 'operator_dpo', string>>;
  readonly deputies: string;
  readonly silence: string;
  readonly guard: string;
  readonly guardEvents: Readonly<Record<'ownership_transferred' | 'account_cancelled', string>>;
  readonly releaseOfficer: string;
  readonly releaseAuto: string;

  readonly system: string;
  readonly systemRate: string;
  readonly connectors: Readonly<Record<'mongodb' | 'stripe' | 'sendgrid' | 'http' | 'manual', string>>;
  readonly controllerSelf: string;
  readonly controllerNamed: string;
  readonly controllerInherited: string;
  readonly found: string;
  readonly foundIn: string;
  readonly foundDeclared: string;
  readonly usedFor: string;
  readonly purposeBasis: string;
  readonly bases: Readonly<
    Record<
      'consent' | 'contract' | 'legal_obligation' | 'legitimate_interest' | 'vital_interest' | 'public_task',
      string
    >
  >;
  readonly retentionMax: string;
  readonly retentionSettled: string;
  readonly retentionMin: string;
  readonly retentionTtl: string;
  readonly retentionWhile: string;
  readonly retentionHold: string;
  readonly events: Readonly<
    Record<'account_closed' | 'contract_ended' | 'consent_withdrawn' | 'subject_request' | 'vendor_period', string>
  >;
  readonly article: string;
  readonly erase: {
    readonly delete: string;
    readonly redact: string;
    readonly keep: string;
    readonly mask: string;
    readonly unset: string;
    readonly pull: string;
  };
  readonly holdLaw: string;
  readonly holdFlag: string;
  readonly holdEvent: string;
  readonly hold: string;
  readonly holdExemption: string;
  readonly holdRunning: string;
  readonly endings: Readonly<Record<'hold.released' | 'service.ended' | 'domain.expired' | 'contact.settled', string>>;
  readonly restrict: string;
  readonly noRestrict: string;
  readonly stop: string;
  readonly stopErase: string;
  readonly stopUnset: string;
  readonly stopSet: string;
  readonly stopLists: string;
  readonly stopGroup: string;
  readonly account: string;
  readonly forbidden: string;
  readonly signIn: string;
  readonly derived: string;

  readonly headProfiling: string;
  readonly profilingNone: string;
  readonly profiling: string;

  readonly headClosure: string;
  readonly closureNone: string;
  readonly closure: string;
  readonly closureExport: string;
  readonly closureAtOnce: string;

  readonly headBreach: string;
  readonly breachAuthority: string;
  readonly breachAtOnce: string;
  readonly breachAssessed: string;
  readonly breachOrganisations: string;

  readonly headBackups: string;
  readonly backupsNone: string;
  readonly backup: string;
  readonly modes: Readonly<Record<'expire' | 'replay' | 'rewrite', string>>;

  readonly headRecipients: string;
  readonly recipientsNone: string;
  readonly recipient: string;
  readonly roles: Readonly<Record<'controller' | 'processor', string>>;
  readonly transfer: string;
  readonly toldBySystem: string;
  readonly toldBy: Readonly<Record<'webhook' | 'mail' | 'manual', string>>;
  readonly toldOf: string;
  readonly notTold: string;

  readonly headKeeps: string;
  readonly keeps: string;
  readonly environment: string;
}
