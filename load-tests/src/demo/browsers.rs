//! The browser as a task: it answers for one-time codes, passes orders on and remembers what was seen.

use crate::Trouble;
use crate::browser::{Browser, BrowserAgent, BrowserCitizen, BrowserEvent};
use crate::centre::Centre;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Orders waiting for the browser.
const ORDERS: usize = 16;

/// What was seen so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Agents who are ready.
    pub ready: BTreeSet<String>,
    /// Citizens whose call is over.
    pub over: BTreeSet<String>,
    /// What each citizen heard, about five times a second.
    pub by_citizen: BTreeMap<String, Vec<f64>>,
    /// What agents heard, by contact and agent.
    pub by_agent: BTreeMap<(String, String), Vec<f64>>,
    /// Steps that had to be tried again.
    pub troubles: Vec<String>,
    /// What ended it before its time.
    pub failed: Option<String>,
}

enum Order {
    Call(BrowserCitizen),
    Stop,
}

/// The browser's people.
pub struct Browsers {
    orders: mpsc::Sender<Order>,
    /// What was seen.
    pub seen: watch::Receiver<Seen>,
    task: tokio::task::JoinHandle<()>,
}

impl Browsers {
    /// Starts the browser and its agents; they are not ready yet.
    ///
    /// # Errors
    /// The browser cannot be started.
    pub async fn start(centre: &Arc<Centre>, agents: &[BrowserAgent]) -> Result<Browsers, Trouble> {
        let browser = Browser::start(&centre.url(), agents).await?;
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (tell, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(run(browser, Arc::clone(centre), inbox, tell));
        Ok(Browsers { orders, seen, task })
    }

    /// Lets a citizen call from the web page.
    pub async fn call(&self, citizen: BrowserCitizen) {
        // If the browser is gone, the wait for the call's end says so.
        let _ = self.orders.send(Order::Call(citizen)).await;
    }

    /// Waits until something was seen.
    ///
    /// # Errors
    /// It was not in time, or the browser has failed.
    pub async fn until(&self, what: &str, patience: Duration, wanted: impl Fn(&Seen) -> bool) -> Result<(), Trouble> {
        let late = || Trouble::Late { what: what.to_owned(), patience };
        let mut seen = self.seen.clone();
        let waited = tokio::time::timeout(patience, seen.wait_for(|s| s.failed.is_some() || wanted(s))).await;
        let failed = waited.map_err(|_| late())?.map_err(|_| late())?.failed.clone();
        match failed {
            Some(failed) => Err(Trouble::program("the browser", failed)),
            None => Ok(()),
        }
    }

    /// Closes it.
    pub async fn stop(self) {
        let _ = self.orders.send(Order::Stop).await;
        let _ = tokio::time::timeout(Duration::from_secs(10), self.task).await;
    }
}

async fn run(mut browser: Browser, centre: Arc<Centre>, mut inbox: mpsc::Receiver<Order>, tell: watch::Sender<Seen>) {
    loop {
        let done = tokio::select! {
            event = browser.next() => match event {
                Ok(BrowserEvent::NeedCode { who }) => give_code(&mut browser, &centre, &who).await,
                Ok(event) => {
                    tell.send_modify(|seen| note(seen, event));
                    Ok(())
                }
                Err(trouble) => Err(trouble),
            },
            order = inbox.recv() => match order {
                Some(Order::Call(citizen)) => browser.call(&citizen).await,
                Some(Order::Stop) | None => return browser.stop().await,
            },
        };
        if let Err(trouble) = done {
            tell.send_modify(|seen| seen.failed = Some(trouble.to_string()));
            return;
        }
    }
}

async fn give_code(browser: &mut Browser, centre: &Centre, who: &str) -> Result<(), Trouble> {
    let code = centre.code(who).await?;
    browser.give_code(who, &code).await
}

fn note(seen: &mut Seen, event: BrowserEvent) {
    match event {
        BrowserEvent::Ready { who } => {
            seen.ready.insert(who);
        }
        BrowserEvent::Over { who } => {
            seen.over.insert(who);
        }
        BrowserEvent::Heard { who, contact: Some(contact), hertz } => {
            seen.by_agent.entry((contact, who)).or_default().extend(hertz);
        }
        BrowserEvent::Heard { who, contact: None, hertz } => seen.by_citizen.entry(who).or_default().extend(hertz),
        BrowserEvent::Trouble { who, what } => seen.troubles.push(format!("{who}: {what}")),
        BrowserEvent::Failed { who, what } => seen.failed = Some(format!("{who}: {what}")),
        BrowserEvent::NeedCode { .. }
        | BrowserEvent::Up { .. }
        | BrowserEvent::Answered { .. }
        | BrowserEvent::Wrapped { .. } => {}
    }
}
