/**
 * Shape of a catalogue of letters. `{name}` is a placeholder; every language has the same keys and the same placeholders
 * (domain/letters/catalogue.test.ts). Records are open: a code without a sentence falls back to `other` of its record.
 */
export interface Texts {
  /** Names of the twelve months, and how a day is written: `{day} {month} {year}`. */
  readonly months: readonly string[];
  readonly date: string;
  /** One and many. */
  readonly records: readonly [string, string];
  /** Durations by unit, one and many. */
  readonly units: Readonly<Record<'D' | 'W' | 'M' | 'Y', readonly [string, string]>>;
  readonly greeting: string;
  readonly closing: string;
  /** Who answers: legal name, number, address, data protection officer. */
  readonly operator: string;
  readonly reference: string;
  readonly simulated: string;
  readonly received: string;
  readonly due: string;
  readonly rights: Readonly<Record<string, string>>;
  readonly subjects: Readonly<
    Record<
      | 'receipt'
      | 'question'
      | 'message'
      | 'extension'
      | 'approval_requested'
      | 'approval_reminder'
      | 'interim'
      | 'final'
      | 'restriction_lifted'
      | 'complaint_answer'
      | 'complaint_reminder',
      string
    >
  >;
  readonly receipt: string;
  readonly question: string;
  readonly message: string;
  readonly extension: string;
  readonly extensionReason: string;
  readonly approvalRequested: string;
  readonly approvalReminder: string;
  readonly approvalHow: string;
  readonly restrictionLifted: string;
  /** GDPR Art. 17(1)(b): a withdrawn consent is a ground for erasure, which the person must ask for. */
  readonly withdrawnOffer: string;
  /** GDPR Art. 18(1)(d) and 18(3): restricted while an objection was weighed, and how that ends. */
  readonly weighedRestriction: string;
  readonly complaintReminder: string;
  readonly complaintAnswer: Readonly<Record<'operator' | 'authority' | 'court', string>>;
  readonly complaintResult: Readonly<Record<'upheld' | 'changed' | 'answered', string>>;
  readonly complaintReason: string;
  readonly interimIntro: string;
  readonly finalIntro: Readonly<Record<string, string>>;
  /** Instead of `finalIntro.fulfilled` for other rights than erasure. */
  readonly fulfilledAccess: string;
  readonly headDone: string;
  readonly headKept: string;
  readonly headOpen: string;
  readonly headNotFound: string;
  readonly lineDone: string;
  readonly lineChanged: string;
  readonly lineRestricted: string;
  readonly lineStopped: string;
  readonly lineCollected: string;
  readonly lineByHand: string;
  readonly lineReferred: string;
  readonly lineKeptUntil: string;
  readonly lineKept: string;
  readonly lineScheduled: string;
  readonly lineRejected: string;
  readonly lineUndecided: string;
  readonly lineBlocked: string;
  readonly lineBlockedOver: string;
  readonly lineSkipped: string;
  readonly linePending: string;
  readonly lineManual: string;
  readonly lineFailed: string;
  readonly lineReview: string;
  /** Kept by a law, by an exemption without a known law, because no ground of Art. 17(1) is met. */
  readonly basisLaw: string;
  readonly exemptions: Readonly<Record<string, string>>;
  readonly noGrounds: Readonly<Record<string, string>>;
  readonly laws: Readonly<Record<string, string>>;
  /** Why something was not done: codes of guards, refusals, reviews and manual work. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly wayOut: string;
  /** Ways out of a guard. */
  readonly ways: Readonly<Record<string, string>>;
  /** Kinds of data, as packs name them. */
  readonly categories: Readonly<Record<string, string>>;
  readonly responsible: string;
  readonly responsibleContact: string;
  readonly responsibleAsk: string;
  readonly responsibleAnswers: string;
  readonly backupsUntil: string;
  readonly backupsGone: string;
  readonly backupsUnknown: string;
  readonly backupsOverdue: string;
  readonly headRecipients: string;
  readonly lineTold: string;
  readonly lineNotTold: string;
  readonly notTold: Readonly<Record<string, string>>;
  readonly packageReady: string;
  readonly packageWaits: string;
  readonly transferSent: string;
  readonly transferNotSent: string;
  readonly transferWaits: string;
  readonly redacted: string;
  readonly refusal: Readonly<Record<string, string>>;
  readonly refusalLate: string;
  readonly theirReason: string;
  readonly reason: string;
  readonly cannotIdentify: string;
  readonly commitment: string;
  /** What Habeas itself keeps of this case. */
  readonly keep: string;
  readonly keepPackage: string;
  readonly complaint: string;
  readonly complaintResidence: string;
  readonly complaintElsewhere: string;
  readonly court: string;
}
