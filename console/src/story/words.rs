//! The words of the story, Kiswahili and English side by side.

use acd::Obstacle;
use vocabulary::centre::Treatment;
use vocabulary::event::{AgentRule, Alarm, HelpKind, HoursCause, OverflowCause, TransferCause, WithdrawCause};
use vocabulary::{Day, EndCause, Lane, Party, Presence, Span, Time};

/// Kiswahili, English.
type Pair = (String, String);

fn pair(sw: &str, en: &str) -> Pair {
    (sw.to_owned(), en.to_owned())
}

/// The time of day in Nairobi, to the second.
pub(super) fn clock(at: Time) -> String {
    let seconds = at.since(Day::of(at).start()).as_seconds();
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

pub(super) fn length_sw(span: Span) -> String {
    match span.as_seconds() {
        seconds if seconds < 90 => format!("sekunde {seconds}"),
        seconds => format!("dakika {}", (seconds + 30) / 60),
    }
}

pub(super) fn length_en(span: Span) -> String {
    match span.as_seconds() {
        seconds if seconds < 90 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", (seconds + 30) / 60),
    }
}

pub(super) fn lane(lane: Lane) -> Pair {
    match lane {
        Lane::Gbv => pair("ukatili wa kijinsia", "gender-based violence"),
        Lane::Child => pair("usalama wa mtoto", "child at risk"),
        Lane::MentalHealth => pair("ushauri nasaha", "tele-counselling"),
        Lane::SpecialNeeds => pair("mahitaji maalum", "special needs"),
        Lane::Standard => pair("huduma ya kawaida", "ordinary"),
    }
}

pub(super) fn party(party: Party) -> Pair {
    match party {
        Party::Citizen => pair("mwananchi", "the citizen"),
        Party::Agent => pair("mhudumu", "the agent"),
        Party::Supervisor => pair("msimamizi", "a supervisor"),
        Party::Centre => pair("kituo", "the centre"),
    }
}

pub(super) fn cause(cause: EndCause) -> Pair {
    match cause {
        EndCause::Normal => pair("kwa kawaida", "as usual"),
        EndCause::SelfServed => pair("alijihudumia mwenyewe", "served by the menu"),
        EndCause::Busy => pair("hapakuwa na nafasi", "no room"),
        EndCause::UnknownNumber => pair("nambari haijulikani", "unknown number"),
        EndCause::Lost => pair("laini ilikatika", "the line was lost"),
        EndCause::Fault => pair("hitilafu", "a fault"),
        EndCause::Restart => pair("mfumo ulianzishwa upya", "the centre was restarted"),
        EndCause::Idle => pair("kimya cha muda mrefu", "silence"),
        EndCause::Closed => pair("foleni ilikuwa imefungwa", "the queue was closed"),
        EndCause::MessageLeft => pair("aliacha ujumbe", "a message was left"),
        EndCause::NotReached => pair("hakupatikana kwa simu", "could not be reached"),
        EndCause::Redialled => pair("alipiga tena mwenyewe", "the citizen called again"),
        EndCause::HelpOver => pair("msaada umekwisha", "the help is over"),
    }
}

pub(super) fn withdrawn(why: WithdrawCause) -> Pair {
    match why {
        WithdrawCause::ContactLeft => pair("mwananchi aliondoka", "the citizen left"),
        WithdrawCause::AgentLeft => pair("mhudumu aliondoka", "the agent went away"),
        WithdrawCause::Reclassified => pair("aina, hatari au foleni ilibadilika", "its lane, risk or queue changed"),
        WithdrawCause::Yielded => pair("jambo la dharura zaidi lilimchukua mhudumu", "something more urgent took the agent"),
        WithdrawCause::AllDeclined => pair("wote walikataa", "everybody declined"),
        WithdrawCause::Assigned => pair("msimamizi alimpa mwingine", "a supervisor gave it to somebody"),
        WithdrawCause::Restart => pair("mfumo ulianzishwa upya", "the centre was restarted"),
    }
}

pub(super) fn rule(rule: AgentRule) -> Pair {
    match rule {
        AgentRule::LongestIdle => pair("aliyekaa bila kazi muda mrefu zaidi", "to whoever was idle longest"),
        AgentRule::HighestLevel => pair("mwenye ujuzi wa juu zaidi", "to the highest level"),
        AgentRule::Several => pair("wengi kwa pamoja, wa kwanza anaipata", "to several at once, the first one wins"),
        AgentRule::LastResort => pair("mhudumu yeyote, kwa kadi ya dharura", "to any agent, with the crisis card"),
        AgentRule::Preferred => pair("anayependelewa", "to the one preferred"),
        AgentRule::BestAvailable => pair("anayefaa zaidi kati ya waliopo", "to the best there is"),
        AgentRule::Asked => pair("aliyeombwa na mwenzake", "to the one a colleague asked for"),
        AgentRule::Assigned => pair("aliyetajwa na msimamizi", "to the one a supervisor named"),
    }
}

pub(super) fn hours(why: HoursCause) -> Pair {
    match why {
        HoursCause::Week => pair("saa za kazi", "by its hours"),
        HoursCause::Holiday => pair("sikukuu", "a holiday"),
        HoursCause::Switched => pair("kwa amri ya msimamizi", "switched by hand"),
    }
}

pub(super) fn overflow(why: &OverflowCause) -> Pair {
    match why {
        OverflowCause::Closed { hours: why } => {
            let (sw, en) = hours(*why);
            (format!("imefungwa, {sw}"), format!("closed, {en}"))
        }
        OverflowCause::Waiting { waiting } => (format!("{waiting} walikuwa wanasubiri"), format!("{waiting} waited already")),
        OverflowCause::Waited { waited } => {
            (format!("alisubiri {}", length_sw(*waited)), format!("it had waited {}", length_en(*waited)))
        }
        OverflowCause::Estimate { high } => {
            (format!("ingesubiri hadi {}", length_sw(*high)), format!("it would wait up to {}", length_en(*high)))
        }
        OverflowCause::NobodyOnShift => pair("hakuna aliye zamuni", "nobody is on shift"),
    }
}

pub(super) fn treatment(to: &Treatment) -> Pair {
    match to {
        Treatment::Queue(queue) => (format!("inasubiri katika `{queue}`"), format!("it waits in `{queue}`")),
        Treatment::CallBack => pair("alipewa nafasi ya kupigiwa", "a call-back was offered"),
        Treatment::Message => pair("aliombwa kuacha ujumbe", "it was asked for a message"),
        Treatment::Closed => pair("aliambiwa ajaribu baadaye", "it was told to try again later"),
    }
}

pub(super) fn help(kind: HelpKind) -> Pair {
    match kind {
        HelpKind::Consult => pair("ushauri", "advice"),
        HelpKind::Interpreter => pair("mkalimani", "an interpreter"),
    }
}

pub(super) fn transfer(why: TransferCause) -> Pair {
    match why {
        TransferCause::Cold => pair("kwa wengine wa ngazi hiyo", "to others of the same tier"),
        TransferCause::Escalated => pair("kwa ngazi ya juu", "to a higher tier"),
        TransferCause::Pulled => pair("ilichukuliwa na msimamizi", "taken by a supervisor"),
    }
}

pub(super) fn presence(presence: &Presence) -> Pair {
    match presence {
        Presence::Ready => pair("yuko tayari", "ready"),
        Presence::Away { reason } => (format!("hayupo ({reason})"), format!("away ({reason})")),
        Presence::Offline => pair("ameondoka", "offline"),
    }
}

pub(super) fn alarm(alarm: Alarm) -> Pair {
    match alarm {
        Alarm::SafeguardingWaiting => pair("mtu wa laini ya siri anasubiri", "somebody on the safe line is waiting"),
        Alarm::NoClearedAgent => pair("hakuna mshauri aliye tayari", "no cleared agent is ready"),
        Alarm::ImminentDropped => pair("simu ya hatari ya haraka ilikatika", "a contact in imminent danger dropped"),
        Alarm::ExpiryStorm => pair("maombi mengi hayakujibiwa kwa pamoja", "many offers expired at once"),
        Alarm::JournalStalled => pair("kumbukumbu za mfumo haziandikiki", "the journal cannot be written"),
        Alarm::ClimbDue => pair("amesubiri kupita muda uliokubaliwa", "it has waited past the agreed time"),
        Alarm::SoftCapPassed => pair("mhudumu amepewa zaidi ya kiasi kwa mfululizo", "an agent was given more in a row than agreed"),
        Alarm::SilentCapReached => pair("simu za kimya ni nyingi mno", "too many silent contacts"),
        Alarm::QueueUnstaffed => pair("foleni iliyo wazi haina mhudumu zamuni", "an open queue has nobody on shift"),
    }
}

pub(super) fn obstacle(what: Obstacle) -> Pair {
    match what {
        Obstacle::NotCleared => pair("hawana idhini ya laini hii", "without the clearance for it"),
        Obstacle::OtherTenant => pair("hawahudumii taasisi hii", "do not serve its tenant"),
        Obstacle::LowerTier => pair("ni wa ngazi ya chini", "of a lower tier"),
        Obstacle::Language => pair("hawasemi lugha yake", "without its language"),
        Obstacle::Skill => pair("hawana ujuzi unaohitajika", "without a skill it asks for"),
        Obstacle::KeptForAnother => pair("anasubiriwa wakala mwingine", "not the agent it is kept for"),
        Obstacle::Offline => pair("hawajaingia", "not logged in"),
        Obstacle::Away => pair("hawapo", "away"),
        Obstacle::Resting => pair("wako mapumzikoni", "on a break that is owed"),
        Obstacle::WrappingUp => pair("wanaandika kumbukumbu", "writing up"),
        Obstacle::Busy => pair("wana kazi mkononi", "busy"),
        Obstacle::AskedLately => pair("wameulizwa hivi punde", "asked a moment ago"),
        Obstacle::Reserved => pair("wamewekwa akiba kwa laini ya siri", "kept free for the safe line"),
        Obstacle::Nothing => pair("wanaweza kuihudumia", "could take it"),
    }
}
