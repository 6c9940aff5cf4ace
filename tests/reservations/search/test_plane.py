"""Distances on the flat map are those on the earth, and its box holds the whole circle."""

from geopy.distance import geodesic
from hypothesis import assume, given
from hypothesis import strategies as st

from reservations.search.plane import plane_at


@given(lat=st.floats(-70, 70), lng=st.floats(-170, 170), up=st.floats(-0.18, 0.18), along=st.floats(-0.5, 0.5))
def test_up_to_20_km_a_distance_is_within_a_tenth_of_a_metre_of_the_geodesic(lat, lng, up, along):
    real = geodesic((lat, lng), (lat + up, lng + along)).meters
    assume(real <= 20_000)
    assert abs(plane_at(lat, lng).metres(lat + up, lng + along) - real) < 0.1


@given(lat=st.floats(-70, 70), lng=st.floats(-170, 170), up=st.floats(-0.18, 0.18), along=st.floats(-0.5, 0.5),
       radius_m=st.floats(100, 20_000))
def test_the_box_of_a_circle_holds_every_place_in_it(lat, lng, up, along, radius_m):
    plane = plane_at(lat, lng)
    assume(plane.metres(lat + up, lng + along) <= radius_m)
    south, north, west, east = plane.box(radius_m)
    assert south <= lat + up <= north
    assert west <= lng + along <= east
