//! Pendulum-v1: swing up a pendulum with a torque too weak to lift it directly.
//!
//! Gymnasium 1.4.0,
//! [`pendulum.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/classic_control/pendulum.py).

use std::f64::consts::{PI, TAU};
use std::hint::black_box;

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Painter,
    ParameterError, Picture, Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::canvas::{BLACK, Canvas, RED, Sketch};

/// The largest angular velocity in radians per second.
const LARGEST_VELOCITY: f64 = 8.0;
/// The largest torque in newton metres.
const LARGEST_TORQUE: f32 = 2.0;
/// The length of a step, in seconds.
const SECONDS: f64 = 0.05;
/// The mass in kilograms.
const MASS: f64 = 1.0;
/// The length in metres.
const LENGTH: f64 = 1.0;

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pendulum {
    /// The acceleration of gravity in metres per second squared.
    pub g: f64,
}

impl Default for Pendulum {
    fn default() -> Self {
        Self { g: 10.0 }
    }
}

impl EnvironmentSettings for Pendulum {
    fn spec(&self) -> Spec {
        Spec {
            observation: 3,
            action: ActionSpace::Box(vec![(-LARGEST_TORQUE, LARGEST_TORQUE)]),
            max_episode_steps: 200,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Swinging {
            gravity: self.g,
            angle: 0.0,
            velocity: 0.0,
            generator: Generator::new(0),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.g.is_finite() && self.g >= 0.0,
            "g",
            self.g,
            "must be finite and not negative",
        )
    }
}

#[derive(Debug)]
struct Swinging {
    gravity: f64,
    /// The angle in radians, zero when upright, not wrapped.
    angle: f64,
    /// The angular velocity in radians per second.
    velocity: f64,
    generator: Generator,
}

impl Environment for Swinging {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.angle = self.generator.uniform(-PI, PI);
        self.velocity = self.generator.uniform(-1.0, 1.0);
        self.observation()
    }

    /// The state is `f64` and the torque `f32`; so are, in NumPy 2, terms that contain the torque alone.
    fn step(&mut self, action: &[f32]) -> Step {
        let torque = action[0].clamp(-LARGEST_TORQUE, LARGEST_TORQUE);
        // Python's `x**2` calls libm's `pow`, which does not always equal `x * x`; the compiler would substitute that if
        // it saw the exponent.
        let two = black_box(2.0);
        let cost = normalised(self.angle).powf(two)
            + 0.1 * self.velocity.powf(two)
            + f64::from(0.001 * torque.powf(two as f32));

        let weight = 3.0 * self.gravity / (2.0 * LENGTH) * self.angle.sin();
        let push = (3.0 / (MASS * LENGTH * LENGTH)) as f32 * torque;
        let velocity = self.velocity + (weight + f64::from(push)) * SECONDS;
        self.velocity = velocity.clamp(-LARGEST_VELOCITY, LARGEST_VELOCITY);
        self.angle += self.velocity * SECONDS;
        Step {
            observation: self.observation(),
            reward: -cost,
            terminated: false,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(self)
    }
}

impl Stateful for Swinging {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.number("angle", &mut self.angle)?;
        with.number("velocity", &mut self.velocity)?;
        with.part("generator", &mut self.generator)
    }
}

impl Simulator for Swinging {
    fn seconds_per_step(&self) -> f64 {
        SECONDS
    }

    fn pose(&self) -> Vec<f64> {
        vec![self.angle]
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Sketch(draw)))
    }
}

impl Swinging {
    /// The observation, rounded to `f32` as returned by Gymnasium.
    fn observation(&self) -> Vec<f64> {
        [self.angle.cos(), self.angle.sin(), self.velocity]
            .map(|value| f64::from(value as f32))
            .to_vec()
    }
}

/// Wraps an angle to between -π and π.
fn normalised(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

/// Draws a pose; lengths are in metres.
fn draw(pose: &[f64]) -> Picture {
    let end = [-LENGTH * pose[0].sin(), LENGTH * pose[0].cos()];
    let mut canvas = Canvas::new(4.0);
    canvas.line([0.0; 2], end, 0.2, RED);
    canvas.disc([0.0; 2], 0.08, BLACK);
    canvas.picture()
}

register! {
    /// Swing up a pendulum with a weak torque (Gymnasium).
    environment "Pendulum-v1" => Pendulum
}

spikebench::conforms!(environment "Pendulum-v1");
