//! Pictures of the MuJoCo tasks, rendered without a display.

use std::fmt;
use std::path::Path;
use std::rc::Rc;

use mujoco_rs::prelude::{MjData, MjModel, MjtObj, MjvCamera};
use mujoco_rs::renderer::MjRenderer;
use spikebench::api::{ComponentError, Painter, Picture};

/// The number of rows and columns of a picture, as in Gymnasium.
const PIXELS: usize = 480;

/// Renders poses on its own copy of a model.
pub(super) struct Camera {
    data: MjData<Rc<MjModel>>,
    renderer: MjRenderer<Rc<MjModel>>,
}

impl Camera {
    /// Reads a model file that has been read before. As in Gymnasium, the camera is the `track` camera of the model file, or
    /// a free one that sees the whole model if there is none.
    pub fn open(path: &Path) -> Result<Self, ComponentError> {
        let mut model = MjModel::from_xml(path).map_err(|error| {
            ComponentError::new(format!("failed to read {}: {error}", path.display()))
        })?;
        let screen = &mut model.vis_mut().global;
        screen.offwidth = screen.offwidth.max(PIXELS as i32);
        screen.offheight = screen.offheight.max(PIXELS as i32);

        let track = model.name_to_id(MjtObj::mjOBJ_CAMERA, "track");
        let camera = match u32::try_from(track) {
            Ok(track) => MjvCamera::new_fixed(track),
            Err(_) => MjvCamera::new_free(&model),
        };
        let model = Rc::new(model);
        let renderer = MjRenderer::new(Rc::clone(&model), PIXELS, PIXELS, 0).map_err(|error| {
            ComponentError::new(format!(
                "failed to set up rendering: {error}; it needs EGL, with or without a graphics card (Debian: apt \
                 install libegl1 libegl-mesa0 libgl1-mesa-dri)"
            ))
        })?;
        Ok(Self {
            data: MjData::new(model),
            renderer: renderer.with_camera(camera),
        })
    }
}

impl Painter for Camera {
    fn paint(&mut self, pose: &[f64]) -> Picture {
        self.data.qpos_mut().copy_from_slice(pose);
        self.data.forward();
        self.renderer.sync(&mut self.data);
        // OpenGL counts rows from the bottom.
        let drawn = self.renderer.rgb_flat().unwrap_or_default();
        let rows = drawn.chunks_exact(3 * PIXELS).rev();
        Picture {
            width: PIXELS,
            height: PIXELS,
            colours: rows.flatten().copied().collect(),
        }
    }
}

impl fmt::Debug for Camera {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Camera").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use spikebench::api::Component;
    use spikebench::registry::Registry;

    #[test]
    fn the_sky_is_above_the_chequered_ground() {
        let registry = Registry::linked().unwrap();
        let named = Component::named("Ant-v5");
        let mut ant = registry.environment(&named).unwrap().0.open().unwrap();
        ant.reset(Some(1));
        let simulator = ant.simulator().unwrap();
        let mut painter = match simulator.painter() {
            Ok(painter) => painter,
            Err(broken) => {
                assert!(broken.to_string().contains("it takes EGL"), "{broken}");
                println!("skipped: {broken}");
                return;
            }
        };
        let picture = painter.paint(&simulator.pose());
        assert_eq!(picture.colours.len(), 3 * picture.width * picture.height);
        let colours = |row: usize| -> HashSet<&[u8]> {
            let start = 3 * picture.width * row;
            picture.colours[start..][..3 * picture.width]
                .chunks_exact(3)
                .collect()
        };
        assert!(colours(0).len() < 5, "{:?}", colours(0));
        assert!(colours(picture.height - 1).len() > 5);
    }
}
