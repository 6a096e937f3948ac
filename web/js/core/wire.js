/**
 * The messages between a page and the server, as types (docs/WIRE.md is the prose).
 *
 * @typedef {"participant"|"examiner"|"expert"|"observer"|"specialist"|"organizer"|"assistant"} SeatKind
 * @typedef {string|number} Id
 * @typedef {"audio"|"video"} MediaKind
 *
 * @typedef {{kind: SeatKind, name: string, ws: string, phone: string, school: string, room?: string|null,
 *   zone: string, secure: boolean, version: number}} Boot
 *
 * @typedef {{name: string, kind: MediaKind}} PlugSpec
 * @typedef {{name: string, kind: MediaKind, person: string}} JackSpec
 * @typedef {{plugs: PlugSpec[], jacks: JackSpec[]}} Layout
 *
 * @typedef {{type: "welcome", re: number, version: number, now: number, seat: {id: string, kind: SeatKind, name: string},
 *   layout: Layout, ice_servers: RTCIceServer[], media: "keep"|"connect"|"none", conference: Id|null}} Welcome
 * @typedef {{type: string, id?: number, re?: number, [key: string]: any}} Message
 *
 * @typedef {"invited"|"testing"|"waiting"|"admitted"|"exam"|"finished"|"no_show"|"removed"} InterviewState
 * @typedef {"early"|"information"|"refused"|"test"|"waiting"|"interview"|"finished"|"no_show"|"removed"|"unplanned"} Phase
 * @typedef {"camera_lost"|"microphone_lost"|"page_hidden"|"microphone_muted"|"line_poor"} AlarmKind
 * @typedef {AlarmKind|"refused"} StaffAlarm
 *
 * @typedef {{type: "view", phase: Phase, opens_at: number, starts_at: number, now: number, encoders: boolean,
 *   informed: boolean|null, waiting: {next: boolean, minutes: number|null}|null, check: boolean, begun_at: number|null,
 *   third: boolean, help: boolean, phone: string, school: string, alarms: AlarmKind[], screen?: boolean|null}} ParticipantView
 *
 * @typedef {"ready"|"untested"|"unfit"} Outcome
 * @typedef {"camera"|"microphone"|"silent"|"sound"|"connection"|"voice_lost"|"picture_lost"|"weak"} Problem
 * @typedef {{type: "view", phase: "rehearsal", now: number, encoders: true, planned_at: number, come_at: number,
 *   testable: boolean, heard: boolean, result: {outcome: Outcome, problems: Problem[]}|null}} RehearsalView
 *
 * @typedef {{verdict: "good"|"acceptable"|"bad", note: string, by: string, at: number}} Verdict
 * @typedef {{camera?: string, microphone?: string, detail?: Record<string, string|number>}} DeviceReport
 * @typedef {{interview: Id, name: string, class: string, ovz: boolean, planned_at: number|null, state: InterviewState,
 *   present: boolean, next: boolean, device: DeviceReport|null, verdict: Verdict|null, alarms: StaffAlarm[], help: boolean,
 *   waiting_since: number|null, reversible: boolean}} QueueEntry
 * @typedef {QueueEntry & {admitted_at: number|null, begun_at: number|null}} CurrentEntry
 * @typedef {{seat: string, kind: SeatKind, name: string, present: boolean}} StaffMember
 * @typedef {{id: Id, at: number, seat: string, name: string, kind: SeatKind, text: string, call_to: SeatKind|null}} Note
 * @typedef {{track: string, alarm: string, detail: string}} RecordingAlarm
 * @typedef {{on: boolean, alarms?: RecordingAlarm[]}} Recording
 * @typedef {{id: Id, number: string|number, title: string}} Room
 * @typedef {{date: string, opens_at: number, starts_at: number, closes_at: number}} Day
 *
 * @typedef {{type: "view", now: number, encoders: boolean, room: Room, day: Day, queue: QueueEntry[],
 *   current: CurrentEntry|null, third: {seat: string, kind: SeatKind, name: string}|null, staff: StaffMember[],
 *   notes: Note[], recording: Recording}} ExaminerView
 *
 * @typedef {{interview: Id, name: string, class: string, ovz: boolean, state: InterviewState, admitted_at: number|null,
 *   begun_at: number|null}} CurrentBrief
 * @typedef {{type: "view", now: number, encoders: boolean, room: Room, day: Day, current: CurrentBrief|null,
 *   staff?: StaffMember[], notes?: Note[], recording: Recording}} ListenerView
 *
 * @typedef {{at: number, browser: string, system: string, same_network: boolean, beside: boolean}} OtherDevice
 * @typedef {CurrentEntry & {seat: string, other_device?: OtherDevice|null}} Person
 * @typedef {Room & {people: Person[], staff: StaffMember[], notes: Note[], recording: Recording}} RoomView
 * @typedef {{type: "view", now: number, encoders: boolean, day: Day, rooms: RoomView[],
 *   check: {interview: Id, room: Id}|null, alarms: {room: Id, kind: string}[]}} SpecialistView
 * @typedef {{type: "view", now: number, encoders: boolean, day: Day, rooms: RoomView[], entered: Id|null,
 *   alarms: {room: Id, kind: string}[]}} OrganizerView
 * @typedef {{type: "view", now: number, encoders: boolean, room: Room, opens_at: number, current: boolean,
 *   begun_at: number|null, over: boolean, phone: string, school: string}} AssistantView
 *
 * @typedef {{rtt_ms?: number, loss?: number, jitter_ms?: number, kbps_up?: number, kbps_down?: number, concealed?: number,
 *   hidden?: boolean, screen?: {width: number, height: number}, network?: string|null}} PageStats
 * @typedef {{kbps?: number, loss?: number, jitter_ms?: number, level_dbfs?: number|null, age_ms?: number}} PlugQuality
 * @typedef {{rtt_ms?: number|null, plugs?: Record<string, PlugQuality>,
 *   jacks?: Record<string, {loss?: number, jitter_ms?: number}>, page?: PageStats|null}} SeatQuality
 */

/** The version of the wire this page speaks; the server refuses another. */
export const WIRE_VERSION = 1;
