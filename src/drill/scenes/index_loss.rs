//! The index is gone, or is not what it was: it is made again from the journal.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _};

use crate::drill::checker::reads;
use crate::drill::crowd::{Crowd, Size, USUAL};
use crate::drill::stage::{Outcome, Stage};

const SOON: Duration = Duration::from_secs(10);

/// Some only listen: how far they have read is nowhere but in what they say about it.
const HALF_LISTEN: Size = Size { listeners: 6, per_second: 40.0, ..USUAL };

/// How old a sign of having read must be to be there again. It is promised for a minute; a second is what it takes.
const READ_BEFORE: Duration = Duration::from_secs(3);

/// How long they talk between two losses: longer than that.
const TALK: std::ops::Range<u64> = 1_500..2_500;

/// Bytes that are written over at one place.
const SPOT: usize = 64;

/// What happens to the index.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Deleted,
    WrittenOver,
    CutOff,
}

/// Kills, harms the index, and starts again.
pub(crate) async fn index_loss(stage: &mut Stage) -> anyhow::Result<Outcome> {
    let mut server = stage.server().await?;
    let address = server.address;
    let mut crowd = Crowd::gather(HALF_LISTEN, address, &mut stage.rng);
    crowd.order(|orders| orders.read = true);
    let index = stage.path("data").join("index");
    let mut slowest = Duration::ZERO;
    for round in 0..stage.rounds(3, 18) {
        crowd.all_present(SOON).await?;
        tokio::time::sleep(stage.moment(TALK)).await;
        let harm = [Harm::Deleted, Harm::WrittenOver, Harm::CutOff][usize::try_from(round % 3)?];
        crowd.fault(format!("kill -9, and the index is {harm:?}"), None);
        server.kill().await?;
        harm.befall(&index, &mut stage.rng).with_context(|| format!("{harm:?}"))?;
        server = stage.server_on(address).await.with_context(|| format!("the index is {harm:?}"))?;
        slowest = slowest.max(server.took);
        stage.step();
    }
    crowd.heal(SOON).await?;
    let evidence = crowd.conclude(address).await?;
    let ended = server.ended()?;
    let mut finding = stage.judge(&evidence);
    finding.expect(ended.is_none(), || format!("the server has ended: {ended:?}"));
    let reads = reads::check(&evidence, READ_BEFORE);
    let remade = stage.log_has("making it again from the journal");
    finding.notes.push(format!(
        "the slowest start took {} ms; {remade} times damage was told; {} times somebody was back where they had read to",
        slowest.as_millis(),
        reads.looked_at - reads.behind.len(),
    ));
    finding.expect(reads.looked_at > 0, || "nobody came back who had said how far they had read".to_owned());
    finding.breaches.extend(reads.behind.into_iter().take(5));
    Ok(Outcome::Ran(Box::new(finding)))
}

impl Harm {
    fn befall(self, index: &Path, rng: &mut StdRng) -> anyhow::Result<()> {
        let files = files(index)?;
        // One at a time: damage to a file that is read first would hide what others do.
        let file = files.choose(rng).with_context(|| format!("there is no index in {}", index.display()))?;
        match self {
            Self::Deleted => Ok(fs::remove_dir_all(index)?),
            Self::WrittenOver => write_over(file, rng),
            Self::CutOff => cut_off(file, rng),
        }
    }
}

/// Every file in a directory and those below it, in a fixed order, that is not empty.
fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else if entry.metadata()?.len() > 0 {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// One spot in every 16 KiB, and one at least.
fn write_over(path: &Path, rng: &mut StdRng) -> anyhow::Result<()> {
    let file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    for _spot in 0..=length / 16_384 {
        let mut bytes = [0; SPOT];
        rng.fill_bytes(&mut bytes);
        let end = usize::try_from(length).map_or(SPOT, |length| length.min(SPOT));
        file.write_all_at(&bytes[..end], rng.random_range(0..=length - end as u64))?;
    }
    Ok(())
}

fn cut_off(path: &Path, rng: &mut StdRng) -> anyhow::Result<()> {
    let file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    Ok(file.set_len(rng.random_range(0..length))?)
}
