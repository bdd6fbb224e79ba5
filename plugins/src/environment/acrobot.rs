//! Acrobot-v1: swing up the end of two links that hang from a bar, with a motor at the joint between them.
//!
//! R. Sutton, *Generalization in Reinforcement Learning: Successful Examples Using Sparse Coarse Coding*, NIPS 1996,
//! with the dynamics of Sutton and Barto's book, in the form of Gymnasium 1.4.0,
//! [`acrobot.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/classic_control/acrobot.py).

use std::f64::consts::{FRAC_PI_2, PI};
use std::hint::black_box;

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Painter, Picture,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::canvas::{BLACK, BROWN, Canvas, GREEN, Sketch};

/// The length of a step in seconds.
const SECONDS: f64 = 0.2;
/// Gravity in metres per second squared. Each link weighs one kilogram, is one metre long, has its centre of mass in the
/// middle, and has a moment of inertia of one kilogram square metre.
const GRAVITY: f64 = 9.8;
/// The largest angular velocities in radians per second.
const LARGEST_VELOCITIES: [f64; 2] = [4.0 * PI, 9.0 * PI];

/// The task without parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acrobot {}

impl EnvironmentSettings for Acrobot {
    fn spec(&self) -> Spec {
        Spec {
            observation: 6,
            action: ActionSpace::Discrete(3),
            max_episode_steps: 500,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Swinging {
            state: [0.0; 4],
            is_fresh: true,
            generator: Generator::new(0),
        }))
    }
}

#[derive(Debug)]
struct Swinging {
    /// The angle of the first link to the vertical, the angle of the second link to the first, in radians, and their
    /// velocities.
    state: [f64; 4],
    /// Whether the state comes from a reset, where Gymnasium holds it in `f32`.
    is_fresh: bool,
    generator: Generator,
}

impl Environment for Swinging {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.state = [(); 4].map(|()| f64::from(self.generator.uniform(-0.1, 0.1) as f32));
        self.is_fresh = true;
        self.observation()
    }

    /// Actions 0, 1 and 2 are torques of -1, 0 and 1 newton metres.
    fn step(&mut self, action: &[f32]) -> Step {
        let torque = f64::from(action[0]) - 1.0;
        let mut state = runge_kutta(self.state, torque);
        for angle in &mut state[..2] {
            *angle = wrapped(*angle);
        }
        for (velocity, limit) in state[2..].iter_mut().zip(LARGEST_VELOCITIES) {
            *velocity = velocity.clamp(-limit, limit);
        }
        self.state = state;
        self.is_fresh = false;

        let [first, second, ..] = state;
        let terminated = -first.cos() - (second + first).cos() > 1.0;
        Step {
            observation: self.observation(),
            reward: if terminated { 0.0 } else { -1.0 },
            terminated,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(self)
    }
}

impl Stateful for Swinging {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.numbers("state", &mut self.state)?;
        with.flag("is_fresh", &mut self.is_fresh)?;
        with.part("generator", &mut self.generator)
    }
}

impl Simulator for Swinging {
    fn seconds_per_step(&self) -> f64 {
        SECONDS
    }

    fn pose(&self) -> Vec<f64> {
        self.state[..2].to_vec()
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Sketch(draw)))
    }
}

impl Swinging {
    /// The observation, rounded to `f32` as returned by Gymnasium.
    fn observation(&self) -> Vec<f64> {
        let [first, second, ..] = self.state;
        let cosine_and_sine = |angle: f64| {
            if self.is_fresh {
                [(angle as f32).cos(), (angle as f32).sin()]
            } else {
                [angle.cos() as f32, angle.sin() as f32]
            }
        };
        let velocities = [self.state[2] as f32, self.state[3] as f32];
        [cosine_and_sine(first), cosine_and_sine(second), velocities]
            .concat()
            .into_iter()
            .map(f64::from)
            .collect()
    }
}

/// The state after one step of the classical fourth-order Runge–Kutta method.
fn runge_kutta(state: [f64; 4], torque: f64) -> [f64; 4] {
    let ahead = |seconds: f64, slope: [f64; 4]| {
        std::array::from_fn(|index| state[index] + seconds * slope[index])
    };
    let half = SECONDS / 2.0;
    let first = slope(state, torque);
    let second = slope(ahead(half, first), torque);
    let third = slope(ahead(half, second), torque);
    let fourth = slope(ahead(SECONDS, third), torque);
    std::array::from_fn(|index| {
        let sum = first[index] + 2.0 * second[index] + 2.0 * third[index] + fourth[index];
        state[index] + SECONDS / 6.0 * sum
    })
}

/// The derivative of the state with respect to time.
fn slope([first, second, first_turn, second_turn]: [f64; 4], torque: f64) -> [f64; 4] {
    // Python's `x**2` calls libm's `pow`, which does not always equal `x * x`; the compiler would substitute that if it
    // saw the exponent.
    let two = black_box(2.0);
    let (sine, cosine) = (second.sin(), second.cos());
    let d1 = 0.25 + (1.25 + cosine) + 1.0 + 1.0;
    let d2 = (0.25 + 0.5 * cosine) + 1.0;
    let phi2 = 0.5 * GRAVITY * (first + second - FRAC_PI_2).cos();
    let phi1 = -0.5 * second_turn.powf(two) * sine - second_turn * first_turn * sine
        + 1.5 * GRAVITY * (first - FRAC_PI_2).cos()
        + phi2;
    let second_turning = (torque + d2 / d1 * phi1 - 0.5 * first_turn.powf(two) * sine - phi2)
        / (1.25 - d2.powf(two) / d1);
    let first_turning = -(d2 * second_turning + phi1) / d1;
    [first_turn, second_turn, first_turning, second_turning]
}

/// Wraps an angle to between -π and π.
fn wrapped(mut angle: f64) -> f64 {
    while angle > PI {
        angle -= 2.0 * PI;
    }
    while angle < -PI {
        angle += 2.0 * PI;
    }
    angle
}

/// Draws a pose; lengths are in metres.
fn draw(pose: &[f64]) -> Picture {
    let [first, second] = pose else {
        unreachable!("two angles")
    };
    let middle = [first.sin(), -first.cos()];
    let both = first + second;
    let end = [middle[0] + both.sin(), middle[1] - both.cos()];
    let mut canvas = Canvas::new(6.6);
    // The line that the end must rise above.
    canvas.line([-3.0, 1.0], [3.0, 1.0], 0.03, BLACK);
    canvas.line([0.0; 2], middle, 0.2, GREEN);
    canvas.line(middle, end, 0.2, GREEN);
    for joint in [[0.0; 2], middle] {
        canvas.disc(joint, 0.2, BROWN);
    }
    canvas.picture()
}

register! {
    /// Swing up two links that hang from a bar (Gymnasium).
    environment "Acrobot-v1" => Acrobot
}

spikebench::conforms!(environment "Acrobot-v1");
