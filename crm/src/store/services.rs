//! The catalogue of government services, imported from Annex 1 of the Digitalization Plan, and the search in
//! it by Kiswahili or English words. It is data: loaded into a table when this program's copy is newer,
//! so that a centre may hold ten thousand services more.

use crate::db::{Db, Row, Value};
use crate::store::scope::Statement;
use crate::store::{as_word, word};
use crate::{CrmError, DbError};
use serde::{Deserialize, Serialize};
use vocabulary::Lane;

/// The catalogue this program was built with.
const ANNEX_1: &str = include_str!("../../data/services.json");
/// Words of a search that count.
const MAX_WORDS: usize = 8;
/// Longest word of a search that counts, in characters.
const MAX_WORD: usize = 40;
/// Services one search gives.
const MAX_FOUND: u32 = 50;

/// The store of services. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    db: Db,
}

/// How a service is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    /// The whole of it online.
    Online,
    /// Online, on the county's own portal.
    OnlineCountyPortals,
    /// It starts online; a visit is needed to finish.
    Partial,
    /// Computerised, but the citizen must come in.
    DigitizedInPerson,
    /// At the counter only.
    Manual,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id, such as `svc-046`.
    pub id: String,
    /// Its number in Annex 1; one entry has none.
    pub number: Option<i64>,
    /// Who gives it.
    pub institution: String,
    /// What it is.
    pub name: String,
    /// How it is had.
    pub status: ServiceStatus,
    /// Where, as printed in the plan; many have moved since.
    pub urls: Vec<String>,
    /// The entry it repeats; the search leaves such ones out.
    #[serde(default)]
    pub duplicate_of: Option<String>,
    /// Why an agent takes care with it.
    #[serde(default)]
    pub sensitive: Option<String>,
    /// The lane its contacts belong in, where that is not the standard one.
    #[serde(default)]
    pub lane: Option<Lane>,
    /// Days within which its charter promises an answer; Annex 1 prints none.
    #[serde(default)]
    pub charter_days: Option<i64>,
}

#[derive(Deserialize)]
struct Catalogue {
    version: i64,
    kiswahili: Vec<Gloss>,
    services: Vec<Service>,
}

/// Kiswahili words by which a service is found whose English text holds one of these.
#[derive(Deserialize)]
struct Gloss {
    of: Vec<String>,
    words: Vec<String>,
}

const COLUMNS: &str = "s.id, s.number, s.institution, s.name, s.status, s.urls, s.duplicate_of, s.sensitive, \
    s.lane, s.charter_days";

impl Services {
    pub(super) async fn open(db: Db) -> Result<Services, CrmError> {
        let services = Services { db };
        let catalogue: Catalogue = serde_json::from_str(ANNEX_1).expect("the built-in catalogue was tested");
        services.load(&catalogue).await?;
        Ok(services)
    }

    /// A service by its id.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn get(&self, id: &str) -> Result<Service, CrmError> {
        let select = format!("SELECT {COLUMNS} FROM service s WHERE s.id = $1");
        service(&self.db.row(&select, &[cleaned(id).into()]).await?.ok_or(CrmError::NotFound)?)
    }

    /// Services whose name, institution or Kiswahili words hold every word of the query (or begin with
    /// it, or hold it within); those whose own name holds the first word come first. No words find all.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn search(&self, query: &str) -> Result<Vec<Service>, CrmError> {
        let mut select = Statement::new(&format!("SELECT {COLUMNS} FROM service s WHERE s.duplicate_of IS NULL"));
        let words: Vec<String> = words_of(query).take(MAX_WORDS).collect();
        for word in &words {
            let place = select.arg(pattern(word));
            select.push(&format!(" AND s.words LIKE {place} ESCAPE '!'"));
        }
        let first = select.arg(words.first().map_or_else(|| "%".to_owned(), |word| pattern(word)));
        let limit = select.arg(MAX_FOUND);
        select.push(&format!(
            " ORDER BY CASE WHEN LOWER(s.name) LIKE {first} ESCAPE '!' THEN 0 ELSE 1 END, s.id LIMIT {limit}"
        ));
        self.db.rows(&select.text, &select.args).await?.iter().map(service).collect()
    }

    async fn load(&self, catalogue: &Catalogue) -> Result<(), CrmError> {
        let version = "SELECT version FROM catalogue WHERE name = 'annex_1'";
        let found = self.db.row(version, &[]).await?.map(|row| row.int(0)).transpose()?;
        if found.is_some_and(|found| found >= catalogue.version) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for service in &catalogue.services {
            let words = search_text(service, &catalogue.kiswahili);
            tx.execute(UPSERT, &columns(service, words)).await?;
        }
        tx.execute(
            "INSERT INTO catalogue (name, version) VALUES ('annex_1', $1) \
             ON CONFLICT (name) DO UPDATE SET version = excluded.version",
            &[catalogue.version.into()],
        )
        .await?;
        Ok(tx.commit().await?)
    }
}

const UPSERT: &str = "INSERT INTO service (id, number, institution, name, status, urls, duplicate_of, sensitive, \
    lane, charter_days, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
    ON CONFLICT (id) DO UPDATE SET number = excluded.number, institution = excluded.institution, \
    name = excluded.name, status = excluded.status, urls = excluded.urls, duplicate_of = excluded.duplicate_of, \
    sensitive = excluded.sensitive, lane = excluded.lane, charter_days = excluded.charter_days, \
    words = excluded.words";

fn columns(service: &Service, words: String) -> Vec<Value> {
    vec![
        service.id.as_str().into(),
        service.number.into(),
        service.institution.as_str().into(),
        service.name.as_str().into(),
        as_word(service.status).into(),
        serde_json::Value::from(service.urls.clone()).to_string().into(),
        service.duplicate_of.as_deref().into(),
        service.sensitive.as_deref().into(),
        service.lane.map(|lane| lane.as_str()).into(),
        service.charter_days.into(),
        words.into(),
    ]
}

fn service(row: &Row) -> Result<Service, CrmError> {
    let text = |index| Ok::<Option<String>, DbError>(row.opt_text(index)?.map(str::to_owned));
    Ok(Service {
        id: row.text(0)?.to_owned(),
        number: row.opt_int(1)?,
        institution: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        status: word(row.text(4)?, "service status")?,
        urls: serde_json::from_str(row.text(5)?).map_err(|_| CrmError::Unreadable("service"))?,
        duplicate_of: text(6)?,
        sensitive: text(7)?,
        lane: text(8)?.map(|lane| word(&lane, "lane")).transpose()?,
        charter_days: row.opt_int(9)?,
    })
}

/// The text a search looks in: the service's words in English, then those in Kiswahili.
fn search_text(service: &Service, glosses: &[Gloss]) -> String {
    let english =
        format!(" {} ", words_of(&format!("{} {}", service.name, service.institution)).collect::<Vec<_>>().join(" "));
    let mut text = english.clone();
    for gloss in glosses {
        let meant = |of: &String| english.contains(&format!(" {} ", words_of(of).collect::<Vec<_>>().join(" ")));
        if gloss.of.iter().any(meant) {
            gloss.words.iter().for_each(|words| text.push_str(&format!("{} ", words.to_lowercase())));
        }
    }
    text
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_WORD).collect::<String>().to_lowercase())
}

/// Letters and digits only come here, so nothing in it is a wildcard; the escape is for the reader's peace.
fn pattern(word: &str) -> String {
    format!("%{}%", word.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

fn cleaned(id: &str) -> String {
    id.chars().filter(|c| *c != '\0').take(MAX_WORD).collect()
}
