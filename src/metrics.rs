//! Figures for Prometheus. Parts register their own counters; gauges of the moment are read when asked for.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{app::App, jobs::Counts};

#[derive(Clone)]
pub struct Metrics(Arc<Mutex<Inner>>);

struct Inner {
    registry: Registry,
    jobs: Family<JobLabels, Gauge>,
    waiting: Family<QueueLabel, Gauge>,
    operators: Family<StateLabel, Gauge>,
    trunks: Family<TrunkLabels, Gauge>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QueueLabel {
    queue: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabel {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TrunkLabels {
    trunk: String,
    state: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("minsheng");
        let inner = Inner {
            jobs: family(&mut registry, "jobs", "Durable jobs by kind and state"),
            waiting: family(&mut registry, "queue_waiting", "Callers waiting in a queue"),
            operators: family(&mut registry, "operators", "Operators by state"),
            trunks: family(&mut registry, "trunk_state", "1 for the state the trunk is in"),
            registry,
        };
        Self(Arc::new(Mutex::new(inner)))
    }
}

fn family<L>(registry: &mut Registry, name: &str, help: &str) -> Family<L, Gauge>
where
    L: Clone + fmt::Debug + std::hash::Hash + Eq + EncodeLabelSet + Send + Sync + 'static,
{
    let family = Family::default();
    registry.register(name, help, family.clone());
    family
}

impl Metrics {
    /// Adds a part's own figures.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .registry);
    }
}

pub fn render(app: &App, jobs: &[Counts]) -> Result<String, fmt::Error> {
    let inner = app
        .metrics
        .0
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    inner.jobs.clear();
    for row in jobs {
        let labels = JobLabels {
            kind: row.kind.clone(),
            state: row.state.clone(),
        };
        inner.jobs.get_or_create(&labels).set(row.count);
    }
    inner.read_live(app);
    let mut text = String::new();
    encode(&mut text, &inner.registry)?;
    Ok(text)
}

impl Inner {
    fn read_live(&self, app: &App) {
        let live = app.live.state();
        self.waiting.clear();
        for (queue, callers) in &live.queues {
            let waiting = i64::try_from(callers.len()).unwrap_or(i64::MAX);
            self.waiting
                .get_or_create(&QueueLabel { queue: queue.clone() })
                .set(waiting);
        }
        self.operators.clear();
        for operator in live.operators.values() {
            self.operators
                .get_or_create(&StateLabel {
                    state: operator.state.as_str().into(),
                })
                .inc();
        }
        self.trunks.clear();
        for trunk in &live.trunks {
            let labels = TrunkLabels {
                trunk: trunk.name.clone(),
                state: trunk.state.clone(),
            };
            self.trunks.get_or_create(&labels).set(1);
        }
    }
}
