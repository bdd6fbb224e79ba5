//! A finished run, with its policy.

use spikebench::api::{
    ActionSpace, Component, Declaration, Init, Policy, Spec, Statistics, Streams, Transform,
    Weights,
};
use spikebench::registry::Registry;
use spikebench::run::policy_files::PolicyFiles;
use spikebench::run::record::{Diagnostic, Evaluation, Outcome, Provenance, Record, Timing};
use spikebench::suite::plan::Plan;
use tch::Device;

/// The record of the first cell of a plan.
pub fn finished(plan: &Plan) -> Record {
    let provenance = Provenance {
        spikebench: "0.1.0".into(),
        revision: "0123456".into(),
        tch: "0.24.0".into(),
        libtorch: "2.11.0".into(),
        engine: None,
        device: "cpu".into(),
        threads: 1,
        platform: "linux-x86_64".into(),
        machine: None,
        earlier_machines: Vec::new(),
        plugins: Vec::new(),
    };
    let steps = [500, 1000];
    let evaluations = steps.into_iter().flat_map(|step| {
        (0..2).map(move |episode| Evaluation {
            step,
            episode,
            total: -1000.5 - episode as f64,
            length: 200,
        })
    });
    Record {
        outcome: Outcome::finished(),
        evaluations: evaluations.collect(),
        diagnostics: vec![Diagnostic {
            step: 500,
            name: "firing_rate.layer.0".into(),
            value: 0.25,
        }],
        timings: steps
            .map(|step| Timing {
                step,
                seconds: step as f64 / 100.0,
            })
            .to_vec(),
        policy: Some(policy().1),
        log: "log\n".into(),
        ..Record::started(plan.cells[0].clone(), provenance)
    }
}

/// What a small network learns, and the files of a policy with it.
pub fn policy() -> (Vec<Declaration>, PolicyFiles) {
    let registry = Registry::linked().unwrap();
    let spec = Spec {
        observation: 3,
        action: ActionSpace::Box(vec![(-2.0, 2.0)]),
        max_episode_steps: 200,
    };
    let actor = Component {
        name: "mlp".into(),
        parameters: serde_json::from_str("{\"hidden\": [4]}").unwrap(),
    };
    let declared: Vec<Declaration> = registry.build_actor(&actor, None, &spec).unwrap().learned();
    let zeros = declared.iter().map(|one| Declaration {
        init: Init::Values(vec![0.5; one.shape.iter().product::<i64>() as usize]),
        ..one.clone()
    });
    let mut draw = Streams::new(&[0], "test", Device::Cpu);
    let weights = Weights::new(&zeros.collect::<Vec<_>>(), &mut draw, Device::Cpu);
    let policy = Policy {
        weights: &weights,
        statistics: vec![Statistics::new(Transform::Zscore, 3.0, 3)],
    };
    let files = PolicyFiles::of(&policy, 0).unwrap();
    (declared, files)
}
