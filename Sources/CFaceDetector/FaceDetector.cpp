int landmarkd_face_detector_linked = 1;
